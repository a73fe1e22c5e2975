"""Learns a machine from a socket, or walks words on one, in a network of its own.

    python -m lab.machines.learner < jobs.json > results.json

A job is {"machine", "learn": yes or no, "words": how many random ones, "seed"};
`lab.machines.learning` makes jobs and names what comes back. The algorithm is L* (Angluin 1987)
for Mealy machines, as AALpy has it; it stops with an error where the same word has two
outcomes.
"""

import json
import os
import random
import sys
import tempfile
import time
import traceback

from aalpy.base import SUL, Oracle
from aalpy.learning_algs import run_Lstar

from lab.isolation import namespace
from lab.machines.scenes import WORLDS, World

LONGEST = 12  # inputs in a random word
PER_STATE = 40  # words that the equivalence oracle tries from each state
MOVING = 0.75  # of its inputs change the state, as far as is known; the others are any
RANDOM_WORDS = {"core": 2_000, "full": 40_000}  # and then from the beginning


def world_and_inputs(machine: str) -> tuple[World, list[str]]:
    """`tcp-core` -> a new world and the inputs of that machine."""
    kind, _, size = machine.rpartition("-")
    world = WORLDS[kind]()
    names = world.core if size == "core" else f"{world.core} {world.full}"
    return world, names.split()


class Socket(SUL):
    """A world in the terms of AALpy; remembers which words it was asked."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.words: set[tuple[str, ...]] = set()
        self.steps = 0

    def pre(self) -> None:
        self.world.reset()
        self.word: tuple[str, ...] = ()

    def post(self) -> None:
        self.words.add(self.word)

    def step(self, letter: str) -> tuple[str, str, str]:
        self.word += (letter,)
        self.steps += 1
        return self.world.step(letter)


class RandomWords(Oracle):
    """Looks for a word on which hypothesis and socket differ.

    First from each state, reached by its shortest word; then from the beginning.
    """

    def __init__(self, alphabet: list[str], socket: SUL, words: int) -> None:
        super().__init__(alphabet, socket)
        self.words = words
        self.dice = random.Random(1)

    def find_cex(self, hypothesis):
        for state in hypothesis.states:
            for _ in range(PER_STATE):
                tail = self.wander(state, self.dice.randint(1, 6))
                if found := self.differ(hypothesis, (*state.prefix, *tail)):
                    return found
        for _ in range(self.words):
            word = self.wander(hypothesis.initial_state, self.dice.randint(1, LONGEST))
            if found := self.differ(hypothesis, word):
                return found
        return None

    def wander(self, state, length: int) -> tuple[str, ...]:
        """Random inputs, most of which lead on: the calls that fail are many."""
        word = []
        for _ in range(length):
            moves = [x for x in self.alphabet if state.transitions[x] is not state]
            lead = moves and self.dice.random() < MOVING
            word.append(self.dice.choice(moves if lead else self.alphabet))
            state = state.transitions[word[-1]]
        return tuple(word)

    def differ(self, hypothesis, word: tuple) -> tuple | None:
        """The shortest part of the word on which they differ, or None."""
        self.reset_hyp_and_sul(hypothesis)
        for length, letter in enumerate(word, 1):
            self.num_steps += 1
            if hypothesis.step(letter) != self.sul.step(letter):
                self.sul.post()
                return word[:length]
        self.sul.post()
        return None


def random_word(dice: random.Random, alphabet: list[str]) -> tuple[str, ...]:
    """A word of one to LONGEST inputs, every length as likely as the others."""
    return tuple(dice.choices(alphabet, k=dice.randint(1, LONGEST)))


def learn(world: World, alphabet: list[str], size: str) -> tuple[dict, set]:
    """The machine as {"states", "steps", "queries", ...}, and the words it asked."""
    asked = Socket(world)
    began = time.monotonic()
    oracle = RandomWords(alphabet, asked, RANDOM_WORDS[size])
    learned, figures = run_Lstar(
        alphabet, asked, oracle, "mealy", return_data=True, print_level=0
    )
    seconds = time.monotonic() - began
    machine = in_order(learned, alphabet)
    for state in machine["states"]:
        world.reset()
        for letter in state["word"]:
            world.step(letter)
        state["names"] = world.local(), world.remote()
        state["facts"] = world.facts()
    machine["notes"] = world.notes
    machine["meanings"] = {name: meaning(world, name) for name in alphabet}
    machine["figures"] = {
        "queries": figures["queries_learning"],
        "rounds": figures["learning_rounds"],
        "steps": asked.steps,
        "seconds": seconds,
    }
    return machine, asked.words


def meaning(world: World, name: str) -> dict[str, str]:
    """An input as the machine's file has it: the call, its meaning, whose act it is."""
    call, _, sense = getattr(world, name).__doc__.partition(": ")
    others = ("client_", "owner_", "peer_", "stranger_")
    by = "others" if name.startswith(others) else "you"
    return {"call": call, "meaning": sense, "by": by}


def in_order(learned, alphabet: list[str]) -> dict:
    """States in order of their shortest word, which makes two runs the same."""
    words = {learned.initial_state: ()}
    queue = [learned.initial_state]
    for state in queue:
        for letter in alphabet:
            target = state.transitions[letter]
            if target not in words:
                words[target] = (*words[state], letter)
                queue.append(target)
    number = {state: n for n, state in enumerate(queue)}
    return {
        "inputs": alphabet,
        "states": [{"word": list(words[state])} for state in queue],
        "transitions": [
            [
                number[state],
                letter,
                *state.output_fun[letter],
                number[state.transitions[letter]],
            ]
            for state in queue
            for letter in alphabet
        ],
    }


def walk(world: World, alphabet: list[str], count: int, seed: int, known: set) -> list:
    """What the socket does on random words that are not known: [word, outputs]."""
    dice = random.Random(seed)
    known = set(known)
    walks = []
    while len(walks) < count:
        word = random_word(dice, alphabet)
        if word in known:
            continue
        known.add(word)
        world.reset()
        walks.append([word, [world.step(letter) for letter in word]])
    return walks


def work(job: dict) -> dict:
    """Do one job; returns {"learned": a machine or None, "walks": words and outputs}.

    The words are not among those that the machine was learned from.
    """
    world, alphabet = world_and_inputs(job["machine"])
    learned, known = None, set()
    if job["learn"]:
        learned, known = learn(world, alphabet, job["machine"].rpartition("-")[2])
    walks = walk(world, alphabet, job["words"], job["seed"], known)
    world.reset()
    return {"learned": learned, "walks": walks}


def main() -> None:
    json.dump([namespace.apart(alone, job) for job in json.load(sys.stdin)], sys.stdout)


def alone(job: dict) -> dict:
    """Do a job in a network and a folder of its own; {"failed": why} if it fails."""
    try:
        namespace.enter()
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)  # the names of Unix sockets are files here
            return work(job)
    except (Exception, SystemExit):  # AALpy leaves with SystemExit
        return {"failed": traceback.format_exc()}
    finally:
        os.chdir("/")


if __name__ == "__main__":
    main()
