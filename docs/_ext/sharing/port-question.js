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
  form.querySelector(".verdict").textContent = verdicts[reason.mark];
  form.querySelector(".verdict").className = shared ? "verdict yes" : "verdict no";
  const because = form.querySelector(".reason");
  because.innerHTML = reason.because; // made by the build from the page's own claims
  const link = document.createElement("a");
  link.href = `#${reason.claim}`;
  link.textContent = "The rule and its proof";
  because.append(" ", link, ".");
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
