#!/bin/sh
# What a kernel that runs as a program starts first; see guest.py.
mount -t proc proc /proc
for word in $(cat /proc/cmdline); do
  case $word in project=* | python=*) export "${word?}" ;; esac
done
cd "$project" && exec "$python" -B -m lab.systems.guest
