"""Learns a machine from a scene, and tries words on one.

The algorithm is L* (Angluin 1987) for Mealy machines, as AALpy has it; it stops with
SystemExit where the same word has two outcomes.
"""

import random
import time
from collections.abc import Callable
from typing import Any

from aalpy.base import SUL, Oracle
from aalpy.learning_algs import run_Lstar

from evidence.machines import Input, Output
from lab.machines.found import End, Figures, Found, Reached, Tried, Word
from lab.machines.scenes.base import Scene

LONGEST = 12  # inputs in a random word
PER_STATE = 40  # words that the equivalence oracle tries from each state
MOVING = 0.75  # of its inputs change the state, as far as is known; the others are any
RANDOM_WORDS = {"core": 2_000, "full": 40_000}  # and then from the beginning
TOLD_EVERY = 1_000  # steps, between two words about progress
OTHERS = ("client_", "owner_", "peer_", "stranger_")  # inputs that are not the socket's
Tell = Callable[[int], None]  # is told how many steps were done so far


def silent(_steps: int) -> None:
    """Tell nobody about progress."""


class Socket(SUL):  # type: ignore[misc]  # AALpy has no types
    """A scene in the terms of AALpy; remembers which words it was asked."""

    def __init__(self, scene: Scene, tell: Tell) -> None:
        super().__init__()
        self.scene = scene
        self.tell = tell
        self.word: Word = ()
        self.words: set[Word] = set()
        self.steps = 0

    def pre(self) -> None:
        """Begin a word."""
        self.scene.reset()
        self.word = ()

    def post(self) -> None:
        """End a word."""
        self.words.add(self.word)

    def step(self, letter: str) -> Output:
        """Do one input of the word."""
        self.word += (letter,)
        self.steps += 1
        if self.steps % TOLD_EVERY == 0:
            self.tell(self.steps)
        return self.scene.step(letter)


class RandomWords(Oracle):  # type: ignore[misc]  # AALpy has no types
    """Looks for a word on which hypothesis and socket differ.

    First from each state, reached by its shortest word; then from the beginning.
    """

    def __init__(self, alphabet: list[str], socket: Socket, words: int) -> None:
        super().__init__(alphabet, socket)
        self.words = words
        self.dice = random.Random(1)

    def find_cex(self, hypothesis: Any) -> Word | None:
        """A counter-example, or None where none was found."""
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

    def wander(self, state: Any, length: int) -> Word:
        """Random inputs, most of which lead on: the calls that fail are many."""
        word: list[str] = []
        for _ in range(length):
            moves = [x for x in self.alphabet if state.transitions[x] is not state]
            lead = moves and self.dice.random() < MOVING
            word.append(self.dice.choice(moves if lead else self.alphabet))
            state = state.transitions[word[-1]]
        return tuple(word)

    def differ(self, hypothesis: Any, word: Word) -> Word | None:
        """The shortest part of the word on which they differ, or None."""
        self.reset_hyp_and_sul(hypothesis)
        for length, letter in enumerate(word, 1):
            self.num_steps += 1
            if hypothesis.step(letter) != self.sul.step(letter):
                self.sul.post()
                return word[:length]
        self.sul.post()
        return None


def learn(
    scene: Scene, alphabet: list[str], size: str, tell: Tell = silent
) -> tuple[Found, set[Word]]:
    """Learn the machine of some inputs. Returns it, and the words that were asked.

    size: `core` or `full`, how well to look. tell: is told now and then how many steps
    were done. Raises SystemExit where the socket gives two answers to one word.
    """
    asked = Socket(scene, tell)
    began = time.monotonic()
    oracle = RandomWords(alphabet, asked, RANDOM_WORDS[size])
    learned, told = run_Lstar(
        alphabet, asked, oracle, "mealy", return_data=True, print_level=0
    )
    seconds = time.monotonic() - began
    words = shortest(learned, alphabet)
    number = {state: n for n, state in enumerate(words)}
    found = Found(
        inputs={name: meaning(scene, name) for name in alphabet},
        notes=scene.notes,
        states=[look(scene, word) for word in words.values()],
        ends=[
            {
                name: End(state.output_fun[name], number[state.transitions[name]])
                for name in alphabet
            }
            for state in words
        ],
        figures=Figures(told["queries_learning"], asked.steps, seconds),
    )
    return found, asked.words


def shortest(learned: Any, alphabet: list[str]) -> dict[Any, Word]:
    """The states of AALpy's machine in order of their shortest words.

    The order makes two runs the same.
    """
    words: dict[Any, Word] = {learned.initial_state: ()}
    queue = [learned.initial_state]
    for state in queue:
        for letter in alphabet:
            target = state.transitions[letter]
            if target not in words:
                words[target] = (*words[state], letter)
                queue.append(target)
    return words


def look(scene: Scene, word: Word) -> Reached:
    """What the kernel says of the socket after a word."""
    scene.reset()
    for letter in word:
        scene.step(letter)
    return Reached(word, scene.local(), scene.remote(), scene.facts())


def meaning(scene: Scene, name: str) -> Input:
    """An input as the machine's file has it: the call, its meaning, whose act it is."""
    call, _, sense = (getattr(scene, name).__doc__ or "").partition(": ")
    return Input(call, sense, "others" if name.startswith(OTHERS) else "you")


def random_word(dice: random.Random, alphabet: list[str]) -> Word:
    """A word of one to LONGEST inputs, every length as likely as the others."""
    return tuple(dice.choices(alphabet, k=dice.randint(1, LONGEST)))


def try_words(
    scene: Scene, alphabet: list[str], count: int, seed: int, known: set[Word]
) -> list[Tried]:
    """What the socket does on so many random words, none of them a known one."""
    dice = random.Random(seed)
    known = set(known)
    tried: list[Tried] = []
    while len(tried) < count:
        word = random_word(dice, alphabet)
        if word in known:
            continue
        known.add(word)
        scene.reset()
        tried.append(Tried(word, [scene.step(letter) for letter in word]))
    return tried
