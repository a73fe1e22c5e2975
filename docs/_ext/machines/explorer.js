// The explorer: a walk through a learned machine, one call after another.
// Top-level names are global here, but no other page loads it.
// The data, `socketMachines`, comes from docs/_ext/machines/explorer.py; see there for its shape.
const { kinds, messages, elsewhere } = globalThis.socketMachines;
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

/** One line of the tape; a press on it goes back to there. */
function line(call, told, local, peer, state, place) {
  const back = make("button", { type: "button", class: "back", title: "Go back to here", onclick: () => go(word.slice(0, place)) });
  back.append(make("code", {}, call), " ", ...told);
  return make(
    "li",
    { class: place === word.length ? "here" : "" },
    back,
    card(local, peer),
    make("span", { class: "state-name" }, state),
  );
}

function steps(done) {
  const { made, states, start } = kinds[kind];
  const list = make("ol", { tabindex: "0", "aria-label": "The walk so far" });
  list.append(line(made, [], "—", "—", states[start], 0));
  for (const [place, step] of done.entries()) {
    const error = step.outcome.replace("pending ", "");
    const message = Object.hasOwn(messages, error) ? ` ${messages[error]}` : "";
    const told = [outcome(step, message && make("span", { class: "message" }, message))];
    const inputs = word.slice(0, place + 1).map(input => kinds[kind].inputs[input][0]);
    const other = elsewhere[`${kind}:${inputs.join(",")}`];
    if (other) told.push(make("span", { class: "elsewhere" }, ` (${other})`));
    list.append(line(step.call, told, step.local, step.peer, states[step.after], place + 1));
  }
  return list;
}

// --- the calls, in groups of cells that stay where they are ---------------------

const GROUPS = [
  ["Name it", /^(bind|setsockopt)\b/],
  ["Reach", /^connect\b/],
  ["Serve", /^(listen|accept)\b/],
  ["Talk", /^(send|sendto|recv|recvfrom|shutdown)\b/],
  ["Ask", /^getsockopt\b/],
];
const OTHERS = "Others do";

/** The group of an input: by its call, or that somebody else acts. */
const groupOf = ([, call, , yours]) =>
  yours ? GROUPS.find(([, pattern]) => pattern.test(call))[0] : OTHERS;

/** The cells of a kind, once; what they say, tell() changes. */
function cells() {
  view.cells = kinds[kind].inputs.map(([name, call, meaning], input) =>
    make(
      "button",
      { type: "button", class: "call", title: meaning, "data-input": name, onclick: () => go([...word, input], name) },
      make("code", {}, call),
      make("span", { class: "told" }),
    ));
  view.calls.replaceChildren(...[...GROUPS.map(([title]) => title), OTHERS].map(title => {
    const mine = view.cells.filter((_, input) => groupOf(kinds[kind].inputs[input]) === title);
    return make("div", { class: "calls", role: "group", "aria-label": title },
      make("p", { class: "flow-title" }, title), make("div", { class: "cells" }, ...mine));
  }));
  view.calls.querySelectorAll(".calls").forEach(group => { group.hidden = !group.querySelector(".call"); });
}

/** What each cell would give in a state, and where it would lead. */
function tell(state) {
  for (const [input, cell] of view.cells.entries()) {
    const step = look(state, input), never = impossible(step.outcome);
    const leads = never || step.after === state ? ""
      : make("span", { class: "leads" }, ` → ${kinds[kind].states[step.after]}`);
    const told = never ? make("span", { class: "outcome" }, step.outcome.replace("nothing: ", "")) : outcome(step, leads);
    cell.title = `${kinds[kind].inputs[input][2]}; now: ${told.textContent}`;
    cell.disabled = never;
    cell.dataset.manner = never ? "never" : step.manner;
    cell.lastChild.replaceChildren(told);
  }
}

// --- the world: who is there ------------------------------------------------------

const DOORS = {
  server: ["open", "somebody is there, and answers"],
  other: ["open", "somebody else, who answers too"],
  closed: ["bricked", "nobody is there"],
  missing: ["bricked", "there is no such file"],
  taken: ["locked", "the name of another socket"],
  shared: ["ajar", "another socket's port, with SO_REUSEADDR"],
  served: ["locked", "the same, and its owner listens"],
  asked: ["own", "the name that you ask for"],
};
const LOOKS = {
  open: '<path d="M4 22V3l9 2v17z"/><path d="M4 22h16V3H4"/><circle cx="10.5" cy="13" r="1"/>',
  bricked: '<path d="M4 3h16v19H4zM4 8h16M4 13h16M4 18h16M12 3v5M8 8v5M16 8v5M12 13v5M8 18v4M16 18v4"/>',
  locked: '<path d="M4 3h16v19H4z"/><path d="M9 13h6v5H9zM10 13v-2a2 2 0 0 1 4 0v2"/>',
  ajar: '<path d="M4 3h16v19H4z"/><path d="M4 3l6 2v17l-6 0M15 9v8"/>',
  own: '<path d="M4 3h16v19H4z" stroke-dasharray="3 2"/>',
};

function doors() {
  const named = new Set(kinds[kind].inputs.flatMap(([, call]) => /\((\w+)/.exec(call)?.[1] ?? []));
  return Object.entries(DOORS).filter(([name]) => named.has(name)).map(([name, [look, meaning]]) => {
    const door = make("span", { class: `place ${look}` });
    door.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true">${LOOKS[look]}</svg>`;
    door.append(make("code", {}, name), make("span", { class: "meaning" }, meaning));
    return door;
  });
}

/** The questions of the page's own table, for this kind. */
function questions() {
  const links = [...document.querySelectorAll("article table a.walk")];
  return links.filter(link => link.hash.startsWith(`#${kind}:`) && link.closest("tr").cells.length > 3)
    .map(link => make("a", { href: link.hash }, link.closest("tr").cells[0].textContent));
}

const tool = (name, text, onclick) =>
  make("button", { type: "button", class: "tool", "data-tool": name, onclick }, text);

const view = {}; // the parts that stay while the walk changes
const QUIET = "explorer-quiet"; // kept in the browser of who wants to guess

/** Build the frame once. */
function frame() {
  view.kinds = make("div", { class: "kinds", role: "group", "aria-label": "Kind of socket" },
    ...Object.entries(kinds).map(([name, { title }]) =>
      make("button", { type: "button", "data-kind": name, onclick: () => choose(name) }, title)));
  view.questions = make("p", { class: "questions" });
  view.now = make("div", { class: "now" });
  view.undo = tool("undo", "Undo", undo);
  view.reset = tool("reset", "Reset", () => go([]));
  view.link = tool("link", "Copy link", () => window.copyText(view.link, location.href, "In the address bar"));
  const tells = make("input", { type: "checkbox", "data-tool": "tell", onchange: () => quiet(!tells.checked) });
  tells.checked = localStorage.getItem(QUIET) !== "yes";
  view.steps = make("div", { class: "call-flow walked" });
  view.doors = make("div", { class: "world", "aria-label": "Who is there", role: "group" });
  view.calls = make("div", { class: "next" });
  view.status = make("p", { class: "said", role: "status" });
  view.code = make("pre", { tabindex: "0" });
  view.printed = make("samp");
  const copy = make("button", { type: "button", class: "copy", title: "Copy the whole program" }, "Copy");
  copy.addEventListener("click", () => window.copyText(copy, view.code.textContent));
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
  const tools = make("div", { class: "tools" }, view.undo, view.reset, view.link,
    make("label", {}, tells, " tell me before I click"));
  view.stage = make("div", { class: "stage" }, view.now, tools);
  const side = make("div", { class: "side-by" }, view.stage, view.steps, keys);
  box.append(view.kinds, view.questions, view.status,
    make("div", { class: "walk-and-next" }, side, make("div", {}, view.doors, view.calls)), view.python);
  box.addEventListener("keydown", pressed);
  quiet(!tells.checked);
}

function quiet(yes) {
  box.classList.toggle("quiet", yes);
  localStorage.setItem(QUIET, yes ? "yes" : "no");
}

function showProgram() {
  if (!view.python.open) return;
  view.code.replaceChildren(...coloured(program()));
  view.printed.textContent = printed();
}

/** Show the walk. */
function show() {
  const done = walk(), last = done.at(-1);
  const state = last?.after ?? kinds[kind].start;
  if (view.shown !== kind) {
    view.shown = kind;
    for (const button of view.kinds.children) button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
    view.doors.replaceChildren(...doors());
    view.questions.replaceChildren("Questions people ask: ", ...questions());
    cells();
  }
  tell(state);
  view.now.replaceChildren(card(last?.local ?? "—", last?.peer ?? "—"),
    make("span", { class: "now-state" }, kinds[kind].states[state]),
    make("span", { class: "now-last" }, last ? `${last.call} → ` : "No call yet", last ? outcome(last) : ""));
  view.undo.disabled = view.reset.disabled = !word.length;
  view.steps.replaceChildren(steps(done));
  view.steps.lastChild.scrollTop = 1e6;
  const lost = left.length ? `Left out, because it cannot happen there: ${left.join(", ")}. ` : "";
  view.status.textContent = lost + (last ? `${last.call}: ${last.outcome}; now ${kinds[kind].states[state]}.` : "");
  view.status.classList.toggle("seen", lost !== "");
  showProgram();
}

/** Another walk: into the address, onto the page, and the focus stays where it was. */
function go(inputs, focused = "") {
  const held = box.contains(document.activeElement);
  word = inputs;
  left = [];
  if (fragment() !== location.hash) history.pushState(null, "", fragment()); // Back is a step back
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
