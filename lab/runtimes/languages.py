"""Other languages: what their own library does, and their best known frameworks."""

from lab.runtimes.registry import MODULES, NPM, PORT, PYPI, PYTHON_BIN, Entry, Program

HTTP = """
const http = require("node:http");

http.createServer((request, response) => response.end("hello")).listen(PORT);
"""
NET = """
const net = require("node:net");

net.connect(PORT, "localhost");
"""
GO = """
package main

import "net/http"

func main() { http.ListenAndServe(":PORT", nil) }
"""
GO_CLIENT = """
package main

import "net"

func main() { net.Dial("tcp", "localhost:PORT") }
"""


def one(run: str, name: str, text: str, build: str = "") -> Program:
    """A program of one file."""
    return Program(run, {name: text.replace("PORT", str(PORT))}, build)


def node(name: str, path: tuple[str, ...], install: str) -> Entry:
    """A version of Node."""
    return Entry(
        name,
        "JavaScript",
        install,
        "node --version",
        server=one("node server.js", "server.js", HTTP),
        client=one("node client.js", "client.js", NET),
        path=path,
    )


def go(name: str, path: tuple[str, ...], install: str) -> Entry:
    """A version of Go."""
    return Entry(
        name,
        "Go, Rust, Java, C#",
        install,
        "go version",
        server=one("./server", "server.go", GO, "go build -o server server.go"),
        client=one("./client", "client.go", GO_CLIENT, "go build -o client client.go"),
        path=path,
    )


def framework(name: str, text: str) -> Entry:
    """A package from npm, run by the system's Node."""
    return Entry(
        f"{name}, on Node",
        "JavaScript",
        NPM,
        f"node -p \"require('{name.lower()}/package.json').version\"",
        server=one("node server.js", "server.js", text),
    )


ENTRIES = [
    node("Node http", (), "apt install nodejs"),
    node("Node http (24)", (f"{MODULES}/node24/bin",), NPM),
    framework(
        "Express",
        """
const express = require("express");

express().listen(PORT);
""",
    ),
    framework(
        "Fastify",
        """
const fastify = require("fastify");

fastify().listen({ port: PORT });
""",
    ),
    Entry(
        "Bun",
        "JavaScript",
        NPM,
        "bun --version",
        server=one(
            "bun server.js",
            "server.js",
            """
Bun.serve({ port: PORT, fetch: () => new Response("hello") });
""",
        ),
        client=one(
            "bun client.js",
            "client.js",
            """
await Bun.connect({ hostname: "localhost", port: PORT, socket: { data() {} } });
""",
        ),
        path=(f"{MODULES}/@oven/bun-linux-x64/bin",),
    ),
    Entry(
        "Deno",
        "JavaScript",
        NPM,
        "deno --version",
        server=one(
            "deno run --allow-net server.js",
            "server.js",
            """
Deno.serve(() => new Response("hello"));
""",
        ),
        client=one(
            "deno run --allow-net client.js",
            "client.js",
            """
await Deno.connect({ hostname: "localhost", port: PORT });
""",
        ),
        path=(f"{MODULES}/@deno/linux-x64-glibc",),
    ),
    go("Go net/http (1.19)", (), "apt install golang-go"),
    go("Go net/http", (PYTHON_BIN,), PYPI),
    Entry(
        "Rust TcpListener",
        "Go, Rust, Java, C#",
        "apt install rustc",
        "rustc --version",
        server=one(
            "./server",
            "server.rs",
            """
use std::net::TcpListener;

fn main() {
    let listener = TcpListener::bind("0.0.0.0:PORT").unwrap();
    let mut kept = Vec::new();
    for connection in listener.incoming() {
        kept.push(connection);
    }
}
""",
            "rustc server.rs",
        ),
        client=one(
            "./client",
            "client.rs",
            """
fn main() { let _ = std::net::TcpStream::connect("localhost:PORT"); }
""",
            "rustc client.rs",
        ),
    ),
    Entry(
        "Java ServerSocket",
        "Go, Rust, Java, C#",
        "apt install default-jdk-headless",
        "java --version",
        server=one(
            "java Server",
            "Server.java",
            """
import java.net.ServerSocket;

class Server {
    public static void main(String[] args) throws Exception {
        var listener = new ServerSocket(PORT);
        while (true) { listener.accept(); }
    }
}
""",
            "javac Server.java",
        ),
        client=one(
            "java Client",
            "Client.java",
            """
import java.net.Socket;

class Client {
    public static void main(String[] args) throws Exception {
        new Socket("localhost", PORT);
    }
}
""",
            "javac Client.java",
        ),
    ),
    Entry(
        "Java HttpServer",
        "Go, Rust, Java, C#",
        "apt install default-jdk-headless",
        "java --version",
        server=one(
            "java Server",
            "Server.java",
            """
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;

class Server {
    public static void main(String[] args) throws Exception {
        HttpServer.create(new InetSocketAddress(PORT), 0).start();
    }
}
""",
            "javac Server.java",
        ),
    ),
    Entry(
        "C# TcpListener, on Mono",
        "Go, Rust, Java, C#",
        "apt install mono-runtime mono-mcs",
        "mono --version",
        server=one(
            "mono server.exe",
            "server.cs",
            """
using System.Net;
using System.Net.Sockets;

class Server {
    static void Main() {
        var listener = new TcpListener(IPAddress.Any, PORT);
        listener.Start();
        while (true) { listener.AcceptTcpClient(); }
    }
}
""",
            "mcs server.cs",
        ),
        client=one(
            "mono client.exe",
            "client.cs",
            """
class Client {
    static void Main() { new System.Net.Sockets.TcpClient("localhost", PORT); }
}
""",
            "mcs client.cs",
        ),
    ),
    Entry(
        "Ruby TCPServer",
        "Ruby, PHP, Perl and others",
        "apt install ruby",
        "ruby --version",
        server=one(
            "ruby server.rb",
            "server.rb",
            """
require "socket"

listener = TCPServer.new(PORT)
kept = []
loop { kept << listener.accept }
""",
        ),
        client=one(
            "ruby client.rb",
            "client.rb",
            """
require "socket"

TCPSocket.new("localhost", PORT)
""",
        ),
    ),
    Entry(
        "Ruby WEBrick",
        "Ruby, PHP, Perl and others",
        "apt install ruby-webrick",
        "ruby -rwebrick -e 'puts WEBrick::VERSION'",
        server=one(
            "ruby server.rb",
            "server.rb",
            """
require "webrick"

WEBrick::HTTPServer.new(Port: PORT).start
""",
        ),
    ),
    Entry(
        "Puma",
        "Ruby, PHP, Perl and others",
        "apt install puma",
        "puma --version",
        server=one(
            "puma",
            "config.ru",
            """
run ->(environment) { [200, {}, ["hello"]] }
""",
        ),
    ),
    Entry(
        "PHP built-in server",
        "Ruby, PHP, Perl and others",
        "apt install php-cli",
        "php --version",
        server=Program(f"php -S localhost:{PORT}", {}),
        client=one(
            "php client.php",
            "client.php",
            """
<?php
fsockopen("localhost", PORT);
""",
        ),
    ),
    Entry(
        "PHP stream_socket_server",
        "Ruby, PHP, Perl and others",
        "apt install php-cli",
        "php --version",
        server=one(
            "php server.php",
            "server.php",
            """
<?php
$listener = stream_socket_server("tcp://0.0.0.0:PORT");
while (true) { $kept[] = stream_socket_accept($listener, -1); }
""",
        ),
    ),
    Entry(
        "Perl IO::Socket::INET",
        "Ruby, PHP, Perl and others",
        "apt install perl",
        "perl -MIO::Socket::INET -e 'print IO::Socket::INET->VERSION'",
        server=one(
            "perl server.pl",
            "server.pl",
            """
use IO::Socket::INET;

my $listener = IO::Socket::INET->new(LocalPort => PORT, Listen => 5) or die $@;
my @kept;
while (1) { push @kept, $listener->accept }
""",
        ),
        client=one(
            "perl client.pl",
            "client.pl",
            """
use IO::Socket::INET;

IO::Socket::INET->new(PeerAddr => "localhost", PeerPort => PORT);
""",
        ),
    ),
    Entry(
        "Perl IO::Socket::IP",
        "Ruby, PHP, Perl and others",
        "apt install perl",
        "perl -MIO::Socket::IP -e 'print IO::Socket::IP->VERSION'",
        server=one(
            "perl server.pl",
            "server.pl",
            """
use IO::Socket::IP;

my $listener = IO::Socket::IP->new(LocalPort => PORT, Listen => 5) or die $@;
my @kept;
while (1) { push @kept, $listener->accept }
""",
        ),
        client=one(
            "perl client.pl",
            "client.pl",
            """
use IO::Socket::IP;

IO::Socket::IP->new(PeerHost => "localhost", PeerPort => PORT);
""",
        ),
    ),
    Entry(
        "Erlang gen_tcp",
        "Ruby, PHP, Perl and others",
        "apt install erlang-base",
        "erl -noshell -eval 'io:format(erlang:system_info(otp_release)), halt().'",
        server=one(
            "escript server.erl",
            "server.erl",
            """
#!/usr/bin/env escript
main(_) ->
    {ok, Listener} = gen_tcp:listen(PORT, []),
    loop(Listener).

loop(Listener) ->
    {ok, _} = gen_tcp:accept(Listener),
    loop(Listener).
""",
        ),
        client=one(
            "escript client.erl",
            "client.erl",
            """
#!/usr/bin/env escript
main(_) -> gen_tcp:connect("localhost", PORT, []).
""",
        ),
    ),
    Entry(
        "LuaSocket",
        "Ruby, PHP, Perl and others",
        "apt install lua5.4 lua-socket",
        "lua5.4 -e \"print(require('socket')._VERSION)\"",
        server=one(
            "lua5.4 server.lua",
            "server.lua",
            """
local socket = require("socket")

local listener = assert(socket.bind("*", PORT))
local kept = {}
while true do kept[#kept + 1] = listener:accept() end
""",
        ),
        client=one(
            "lua5.4 client.lua",
            "client.lua",
            """
local socket = require("socket")

socket.connect("localhost", PORT)
""",
        ),
    ),
    Entry(
        "Tcl socket",
        "Ruby, PHP, Perl and others",
        "apt install tcl",
        "sh -c 'echo puts [info patchlevel] | tclsh'",
        server=one(
            "tclsh server.tcl",
            "server.tcl",
            """
proc accepted {channel address port} {}
socket -server accepted PORT
vwait forever
""",
        ),
        client=one(
            "tclsh client.tcl",
            "client.tcl",
            """
socket localhost PORT
""",
        ),
    ),
]
