// "I have this socket, I want that one: may I?" Without scripts the form stays hidden,
// and the tables on the page hold the same answers.
const form = document.querySelector("form.port-question");
const data = JSON.parse(form.querySelector("template.data").content.textContent);
const program = form.querySelector("template.program");
const source = program.content.textContent;
const pick = (name) => form.elements[name];
const verdicts = {
  "+": "Yes. bind() succeeds.",
  "-": "No. bind() fails: OSError: [Errno 98] Address already in use (EADDRINUSE).",
  "x": "No. bind() fails: OSError: [Errno 22] Invalid argument (EINVAL).",
  "l": "No. bind() succeeds, listen() fails: [Errno 98] Address already in use (EADDRINUSE).",
};

function fill(select, names, chosen) {
  const kept = names.includes(select.value) ? select.value : chosen;
  select.replaceChildren(...names.map((name) =>
    new Option(name.replace(" V6ONLY", " with IPV6_V6ONLY"), name, false, name === kept)));
}

function side(name) {
  return {
    protocol: pick(`${name}-protocol`).value,
    place: pick(`${name}-place`).value,
    option: pick(`${name}-option`).value,
  };
}

function reasonFor(first, state, second) {
  const lines = data.cells[`${first.protocol} ${state} ${second.protocol}`];
  const count = data.options.length;
  const line = lines[data.possible.indexOf(first.place) * count + data.options.indexOf(first.option)];
  return data.reasons[line[data.places.indexOf(second.place) * count + data.options.indexOf(second.option)]];
}

// Every pair of addresses, as asked for otherwise: the cell of the question is lit.
const signs = { "+": ["yes", "yes"], "-": ["no", "no"], "x": ["no", "EINVAL"], "l": ["no", "no listen"] };
const grid = form.querySelector(".pairs table");
const headRow = grid.createTHead().insertRow();
headRow.append(document.createElement("td"));
const cells = new Map();
for (const column of data.places) {
  const head = document.createElement("th");
  head.scope = "col";
  head.append(Object.assign(document.createElement("span"), { textContent: column }));
  headRow.append(head);
}
const body = grid.createTBody();
for (const row of data.possible) {
  const line = body.insertRow();
  line.append(Object.assign(document.createElement("th"), { scope: "row", textContent: row }));
  for (const column of data.places) {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    button.addEventListener("click", () => {
      pick("first-place").value = row;
      pick("second-place").value = column;
      answer();
    });
    line.insertCell().append(button);
    cells.set(`${row} ${column}`, button);
  }
}

function light(first, state, second) {
  for (const row of data.possible)
    for (const column of data.places) {
      const { mark } = reasonFor({ ...first, place: row }, state, { ...second, place: column });
      const button = cells.get(`${row} ${column}`), [kind, text] = signs[mark];
      const asked = row === first.place && column === second.place;
      button.className = asked ? `${kind} asked` : kind;
      button.textContent = text;
      button.setAttribute("aria-pressed", asked);
      button.setAttribute("aria-label", `${row}, then ${column}: ${text}`);
      button.tabIndex = asked ? 0 : -1;
    }
}

grid.addEventListener("keydown", (event) => {
  const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
  if (!step) return;
  const row = data.possible[data.possible.indexOf(pick("first-place").value) + step[0]];
  const column = data.places[data.places.indexOf(pick("second-place").value) + step[1]];
  const button = cells.get(`${row} ${column}`);
  if (!button) return;
  event.preventDefault();
  button.click();
  button.focus();
});

function cures(first, state, second) {
  return ["SO_REUSEADDR", "SO_REUSEPORT"].filter((option) =>
    reasonFor({ ...first, option }, state, { ...second, option }).mark === "+");
}

function inPython({ protocol, place, option }) {
  const [host, v6only] = place.split(" ");
  const names = option === "both options" ? ["SO_REUSEADDR", "SO_REUSEPORT"] : [option];
  const options = names.filter((name) => name !== "no option");
  if (v6only) options.push("IPV6_V6ONLY");
  return `("${protocol}", "${host}", [${options.map((name) => `"${name}"`).join(", ")}])`;
}

function answer() {
  fill(pick("state"), data.states[pick("first-protocol").value], "listening");
  const first = side("first"), second = side("second"), state = pick("state").value;
  const reason = reasonFor(first, state, second);
  const shared = reason.mark === "+";
  light(first, state, second);
  form.querySelector(".verdict").textContent = verdicts[reason.mark];
  form.querySelector(".verdict").className = shared ? "verdict yes" : "verdict no";
  const because = form.querySelector(".reason");
  because.innerHTML = reason.because; // made by the build from the page's own claims
  const link = document.createElement("a");
  link.href = `#${reason.claim}`;
  link.textContent = "The rule and its proof";
  because.append(" ", link, ".");
  const walk = data.walks[[first.protocol, first.place, first.option, state, second.protocol, second.place, second.option].join(" ")];
  if (walk) {
    const on = document.createElement("a");
    on.href = `explorer.html#${walk}`;
    on.textContent = "Go on in the explorer";
    because.append(" ", on, ".");
  }
  const asked = [...Object.values(first), state, ...Object.values(second)];
  const others = data.elsewhere.filter(({ sides }) => sides.every((values, place) => values.includes(asked[place])));
  const same = data.systems.filter(name => !others.some(({ system }) => system === name));
  const told = others.map(({ system, mark }) =>
    `On ${system}: ${verdicts[mark] ?? `${mark.replace(" ", "() fails with ")}.`}`);
  if (same.length) told.push(`The same on ${same.join(", ")}.`);
  form.querySelector(".elsewhere").textContent = told.join(" ");
  const help = shared ? [] : cures(first, state, second);
  form.querySelector(".cure").textContent = help.length
    ? `It would be yes with ${help.join(" on both sockets, or with ")} on both sockets.` : "";
  const lines = [
    `FIRST = ${inPython(first)}`, `STATE = "${state}"`, `SECOND = ${inPython(second)}`,
  ];
  form.querySelector("pre").textContent = lines.join("\n");
  program.content.textContent = lines.reduce((text, line) =>
    text.replace(new RegExp(`^${line.split(" ")[0]} = .*$`, "m"), () => line), source);
}

for (const name of ["first", "second"]) {
  fill(pick(`${name}-protocol`), Object.keys(data.states), "TCP");
  fill(pick(`${name}-option`), data.options, "no option");
}
fill(pick("first-place"), data.possible, "0.0.0.0");
fill(pick("second-place"), data.places, "127.0.0.1");
fill(pick("state"), data.states.TCP, "listening");
form.hidden = false;
form.addEventListener("change", answer);
answer();
