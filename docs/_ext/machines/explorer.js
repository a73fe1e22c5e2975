// The explorer: a walk through a learned machine, one call after another.
// Top-level names are global here, but no other page loads it.
// The data, `socketMachines`, comes from docs/_ext/machines/explorer.py; see there for its shape.
const { kinds, messages } = globalThis.socketMachines;
for (const [name, machine] of Object.entries(kinds)) {
  if (machine.like) kinds[name] = { ...kinds[machine.like], ...machine };
}
const box = document.getElementById("explorer");
let kind = "tcp"; // which machine
let word = []; // the inputs so far, by number
let left = []; // what an address held that cannot be walked

// --- the machine ---------------------------------------------------------------

// No failures: not yet.
const UNDER_WAY = new Set(["EAGAIN", "EINPROGRESS", "EALREADY"]);

/** What an input gives in a state: outcome, names, and the state that follows. */
function look(state, input) {
  const machine = kinds[kind];
  const [result, after] = machine.steps[state].slice(2 * input, 2 * input + 2);
  const [outcome, local, peer] = machine.results[result];
  const manner = UNDER_WAY.has(outcome) ? "pending"
    : /^E[A-Z0-9]+$/.test(outcome) ? "failed" : "outcome";
  return { outcome, local, peer, after, manner };
}

/** Each step of the walk, in order. */
function walk() {
  let state = kinds[kind].start;
  return word.map((input) => {
    const step = look(state, input);
    state = step.after;
    return { ...step, call: kinds[kind].inputs[input][1] };
  });
}

const impossible = (outcome) => outcome.startsWith("nothing");
const fragment = () => `#${kind}:${word.map((n) => kinds[kind].inputs[n][0])}`;

/** Take the walk from the address; what cannot be walked is left out, and said. */
function read() {
  const [wanted, inputs = ""] = decodeURIComponent(location.hash.slice(1)).split(":");
  if (wanted && !Object.hasOwn(kinds, wanted)) return false;
  kind = wanted || kind;
  word = [];
  left = [];
  let state = kinds[kind].start;
  for (const name of inputs.split(",").filter(Boolean)) {
    const input = kinds[kind].inputs.findIndex(([known]) => known === name);
    const step = input < 0 ? null : look(state, input);
    if (!step || impossible(step.outcome)) {
      left.push(name);
    } else {
      word.push(input);
      state = step.after;
    }
  }
  return true;
}

// --- the program ---------------------------------------------------------------

const what = (part) => /^(import|from|def) /.exec(part)?.[1] ?? "";
const isImport = (part) => ["import", "from"].includes(what(part));

/** The walk as a program: the parts that it needs, and a line for each step. */
function program() {
  const { inputs, made, program: whole } = kinds[kind];
  const needed = new Set([...whole.step, ...word.flatMap((input) => whole.uses[input])]);
  let text = `"""${made} in ${word.length} steps. For Linux."""\n`;
  let last = "";
  for (const part of whole.parts.filter((_, number) => needed.has(number))) {
    const tight = isImport(part) && isImport(last);
    const apart = last && (what(part) === "def" || what(last) === "def");
    text += tight ? part : `${apart ? "\n\n" : "\n"}${part}`;
    text += "\n";
    last = part;
  }
  const lines = word.map((input) => `step("${inputs[input][1]}", ${inputs[input][0]})\n`);
  return `${text}\n\n${lines.join("")}`;
}

const printed = () =>
  walk().map((s) => `${s.call}: ${s.outcome} | ${s.local} | ${s.peer}\n`).join("");

/** Python with the classes that Pygments would give it; enough for these programs. */
function coloured(text) {
  const token =
    /("""[^]*?"""|f?"[^"\n]*")|(#.*)|\b(import|from|def|return|global|try|except|finally|while|with|as|if|else|continue|pass|in|not)\b/g;
  const pieces = [];
  let end = 0;
  for (const match of text.matchAll(token)) {
    const type = match[1] ? "s2" : match[2] ? "c1" : "k";
    pieces.push(text.slice(end, match.index), make("span", { class: type }, match[0]));
    end = match.index + match[0].length;
  }
  return [...pieces, text.slice(end)];
}

// --- the page ------------------------------------------------------------------

/** An element with attributes, or `on…` handlers, and content. */
function make(tag, attributes = {}, ...content) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...content);
  return element;
}

function slot(side, name) {
  const kindOfSlot = `slot ${side}${name === "—" ? " empty" : ""}`;
  const parts = [make("span", { class: "side" }, side), " "];
  return make("span", { class: kindOfSlot }, ...parts, make("span", { class: "name" }, name));
}

const card = (local, peer) =>
  make("span", { class: "card" }, slot("local", local), slot("peer", peer));

const outcome = ({ outcome: text, manner }, message = "") =>
  make("span", { class: manner }, text, message);

/** One line of the walk. */
function line(call, told, local, peer, state) {
  return make(
    "li",
    {},
    make("span", {}, make("code", {}, call), " ", ...told),
    card(local, peer),
    make("span", { class: "state-name" }, state),
  );
}

function steps() {
  const { made, states, start } = kinds[kind];
  const list = make("ol", { tabindex: "0", "aria-label": "The walk so far" });
  list.append(line(made, [], "—", "—", states[start]));
  for (const step of walk()) {
    const error = step.outcome.replace("pending ", "");
    const message = Object.hasOwn(messages, error) ? ` ${messages[error]}` : "";
    const told = outcome(step, message && make("span", { class: "message" }, message));
    list.append(line(step.call, [told], step.local, step.peer, states[step.after]));
  }
  return list;
}

/** A button for an input: what it would give now, and where it would lead. */
function button(state, input) {
  const [name, call, meaning] = kinds[kind].inputs[input];
  const step = look(state, input);
  const stays = step.after === state;
  const told = impossible(step.outcome)
    ? make("span", { class: "outcome" }, step.outcome.replace("nothing: ", ""))
    : outcome(step, stays ? "" : make("span", { class: "leads" }, ` → ${kinds[kind].states[step.after]}`));
  return make(
    "button",
    {
      type: "button",
      class: "call",
      title: meaning,
      "data-input": name,
      disabled: impossible(step.outcome),
      onclick: () => go([...word, input], name),
    },
    make("code", {}, call),
    " ",
    told,
  );
}

function buttons(state, yours, title) {
  const all = kinds[kind].inputs.map(([, , , by], input) => (by === yours ? input : -1));
  return make(
    "div",
    { class: "calls", role: "group", "aria-label": title },
    make("p", { class: "flow-title" }, title),
    ...all.filter((input) => input >= 0).map((input) => button(state, input)),
  );
}

const tool = (name, text, disabled, onclick) =>
  make("button", { type: "button", class: "tool", "data-tool": name, disabled, onclick }, text);

const view = {}; // the parts that stay while the walk changes

/** Build the frame once. */
function frame() {
  view.kinds = make("div", { class: "kinds", role: "group", "aria-label": "Kind of socket" });
  view.steps = make("div", { class: "call-flow walked" });
  view.calls = make("div", { class: "next" });
  view.status = make("p", { class: "said", role: "status" });
  view.code = make("pre", { tabindex: "0" });
  view.printed = make("samp");
  const copy = make("button", { type: "button", class: "copy", title: "Copy the whole program" }, "Copy");
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(view.code.textContent);
    copy.textContent = "Copied";
    copy.addEventListener("blur", () => (copy.textContent = "Copy"), { once: true });
  });
  const head = make("div", { class: "snippet-head" }, make("code", { class: "file" }, "walk.py"), copy);
  const output = make("div", { class: "output" }, make("p", {}, "It prints, on the kernel that was asked:"));
  output.append(make("pre", { tabindex: "0" }, view.printed));
  view.python = make(
    "details",
    { class: "python" },
    make("summary", {}, "Show me the Python"),
    make("div", { class: "snippet" }, head, make("div", { class: "highlight" }, view.code), output),
  );
  view.python.addEventListener("toggle", showProgram);
  const keys = make("p", { class: "keys" }, "Keys: ");
  for (const [key, use] of [["arrows", "choose"], ["Enter", "call"], ["Backspace", "undo"]]) {
    keys.append(make("kbd", {}, key), ` ${use}  `);
  }
  const side = make("div", {}, view.steps, keys);
  box.append(view.kinds, view.status, make("div", { class: "walk-and-next" }, side, view.calls), view.python);
  box.addEventListener("keydown", pressed);
}

function showProgram() {
  if (!view.python.open) return;
  view.code.replaceChildren(...coloured(program()));
  view.printed.textContent = printed();
}

/** Show the walk. */
function show() {
  const done = walk();
  const state = done.at(-1)?.after ?? kinds[kind].start;
  view.kinds.replaceChildren(
    ...Object.entries(kinds).map(([name, { title }]) =>
      make("button", { type: "button", "data-kind": name, "aria-pressed": String(name === kind), onclick: () => choose(name) }, title),
    ),
  );
  const tools = make(
    "div",
    { class: "tools" },
    tool("undo", "Undo", !word.length, undo),
    tool("reset", "Reset", !word.length, () => go([])),
  );
  view.steps.replaceChildren(tools, steps());
  view.steps.lastChild.scrollTop = 1e6;
  view.calls.replaceChildren(buttons(state, 1, "You call"), buttons(state, 0, "Others do"));
  const lost = left.length ? `Left out, because it cannot happen there: ${left.join(", ")}. ` : "";
  const last = done.at(-1);
  view.status.textContent = lost + (last ? `${last.call}: ${last.outcome}; now ${kinds[kind].states[state]}.` : "");
  view.status.classList.toggle("seen", lost !== "");
  showProgram();
}

/** Another walk: into the address, onto the page, and the focus stays where it was. */
function go(inputs, focused = "") {
  const held = box.contains(document.activeElement);
  word = inputs;
  left = [];
  history.replaceState(null, "", fragment());
  show();
  if (!held) return;
  const same = focused && box.querySelector(`[data-input="${focused}"]:enabled`);
  (same || box.querySelector(".call:enabled")).focus({ preventScroll: true });
}

const undo = () => word.length && go(word.slice(0, -1));

function choose(name) {
  kind = name;
  go([]);
  box.querySelector(`[data-kind="${name}"]`).focus();
}

/** Arrows go from button to button, Backspace undoes; Enter is the button's own. */
function pressed(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "Backspace") {
    event.preventDefault();
    undo();
    return;
  }
  const way = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  const calls = [...box.querySelectorAll(".call:enabled")];
  const here = calls.indexOf(document.activeElement);
  if (!way || here < 0) return;
  event.preventDefault();
  calls[(here + way + calls.length) % calls.length].focus();
}

/** Show what a link asks for, and bring it into view. */
function follow() {
  if (!read()) return;
  show();
  box.scrollIntoView();
}

box.parentElement.querySelector(".without-script").remove();
frame();
show();
if (location.hash) follow();
addEventListener("hashchange", follow);
