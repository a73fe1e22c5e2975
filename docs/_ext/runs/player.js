// Recorded runs that play: buttons, slider, keys and links go from call to call.
// The pictures are whole without this; all that is shown here stands in data-steps.
(() => {
  const PACE = 1400; // milliseconds from step to step
  const GUESS = "guess-first"; // kept in the browser of a reader who wants questions
  const manner = outcome => /^(EINPROGRESS|EALREADY|EAGAIN)$/.test(outcome) ? "pending" : /^E[A-Z]{3,}$/.test(outcome) ? "failed" : "";
  const make = (tag, name, text) => {
    const made = document.createElement(tag);
    made.className = name;
    made.textContent = text;
    return made;
  };

  class Player {
    constructor(figure) {
      this.figure = figure;
      this.steps = JSON.parse(figure.dataset.steps);
      this.last = this.at = this.steps.length;
      this.slider = figure.querySelector("input[type=range]");
      this.now = figure.querySelector(".player-now");
      this.guess = figure.querySelector(".player-guess input");
      this.groups = [...figure.querySelectorAll("g.step")];
      this.cards = new Map([...figure.querySelectorAll(".player-cards .card")]
        .map(card => [card.querySelector(".card-title").textContent, card]));
      this.slider.addEventListener("input", () => { this.stop(); this.show(Number(this.slider.value)); });
      figure.querySelector(".player-bar").addEventListener("click", event => {
        const button = event.target.closest("button[data-do]");
        if (button) this.does(button.dataset.do, button);
      });
      figure.querySelector(".player-head").addEventListener("keydown", event => this.key(event));
      if (this.guess) {
        this.guess.checked = localStorage.getItem(GUESS) === "yes";
        this.guess.addEventListener("change", () => {
          localStorage.setItem(GUESS, this.guess.checked ? "yes" : "no");
          this.show(this.at);
        });
      }
      this.show(this.last, false);
    }

    key(event) {
      const way = { ArrowLeft: "back", ArrowRight: "next", Home: "first", End: "last" }[event.key];
      if (!way || event.target.type === "checkbox") return;
      event.preventDefault();
      this.does(way);
    }

    does(what, button) {
      if (what !== "play") this.stop();
      if (what === "first") this.show(0);
      else if (what === "last") this.show(this.last);
      else if (what === "back") this.show(this.at - 1);
      else if (what === "next" && this.rests) this.show(1);
      else if (what === "next") this.on();
      else if (what === "play") this.timer ? this.stop() : this.play();
      else if (what === "link") this.copy(button);
    }

    /** One step on; a reader who wants to guess is asked before. */
    on() {
      const next = this.steps[this.at];
      if (next?.ask && this.guess?.checked && this.asked !== this.at) this.ask(next);
      else this.show(this.at + 1);
    }

    play() {
      if (this.at >= this.last) this.show(0);
      this.figure.classList.add("plays");
      const tick = () => {
        this.on();
        if (this.at >= this.last || this.asked === this.at) this.stop();
        else this.timer = setTimeout(tick, PACE);
      };
      this.timer = setTimeout(tick, this.at ? PACE : 300);
    }

    stop() {
      clearTimeout(this.timer);
      this.timer = null;
      this.figure.classList.remove("plays");
    }

    copy(button) {
      const url = new URL(location.href);
      url.hash = `step=${this.figure.dataset.run}:${this.rests ? 1 : this.at}`;
      history.replaceState(null, "", url);
      window.copyText(button, url.href, "In the address bar");
    }

    /** Show the run after its first so many calls. */
    show(number, tell = true, scrolls = true) {
      this.at = Math.min(Math.max(number, 0), this.last);
      this.rests = !tell; // the whole picture, and nobody has chosen a step
      this.asked = null;
      this.slider.value = this.rests ? 0 : this.at;
      this.slider.setAttribute("aria-valuetext", this.rests ? "the whole run" : `${this.at} of ${this.last}`);
      this.groups.forEach((group, place) => {
        group.classList.toggle("later", place >= this.at);
        group.classList.toggle("now", tell && place === this.at - 1);
      });
      const names = {};
      for (const step of this.steps.slice(0, this.at)) {
        names[step.who] = step.who in names ? names[step.who] : ["—", "—"];
        // While nobody plays, the cards have the names that each socket had last.
        for (const [socket, now] of Object.entries(step.names ?? {})) if (now || tell) names[socket] = now;
      }
      for (const [socket, card] of this.cards) this.fill(card, names[socket]);
      const step = this.steps[this.at - 1];
      this.light(this.at === this.last && !tell ? null : step?.at);
      this.now.replaceChildren(...this.words(step, tell));
      if (tell && step && scrolls) this.scroll(this.groups[this.at - 1]);
    }

    words(step, tell) {
      if (!tell) return [`${this.last} calls. Press ▶, or drag.`];
      if (!step) return ["Before the first call."];
      const text = make("code", "", step.call);
      const came = step.outcome ? make("span", manner(step.outcome), ` → ${step.outcome}`) : "";
      return [`${this.at} of ${this.last} · ${step.who} `, text, came];
    }

    /** A card: undefined before its socket is there, null when it is closed. */
    fill(card, names) {
      card.classList.toggle("absent", names === undefined);
      card.classList.toggle("closed", names === null);
      const slots = card.querySelectorAll(".slot");
      for (const [place, slot] of slots.entries()) {
        const name = names?.[place] ?? "—";
        const shown = slot.querySelector(".name");
        if (shown.textContent === name) continue;
        shown.textContent = name;
        slot.classList.toggle("empty", name === "—");
      }
    }

    /** Light the line of the program, where the page shows it. */
    light(place) {
      document.querySelectorAll(".line-now").forEach(one => one.remove());
      if (!place) return;
      const [file, line] = place;
      for (const name of document.querySelectorAll(".snippet-head .file")) {
        const block = name.closest(".snippet").querySelector(".highlight pre");
        const row = line - Number(name.dataset.first);
        if (name.textContent !== `snippets/${file}.py` || !block) continue;
        const lines = block.textContent.split("\n").length - 1;
        if (row < 0 || row >= lines) continue;
        const style = getComputedStyle(block), mark = make("span", "line-now", "");
        const height = (block.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom)) / lines;
        mark.style.top = `${parseFloat(style.paddingTop) + row * height}px`;
        mark.style.height = `${height}px`;
        block.prepend(mark);
      }
    }

    scroll(group, behavior = "auto") {
      if (!group) return;
      const box = group.getBoundingClientRect(), head = this.figure.querySelector(".player-head").getBoundingClientRect();
      const beside = head.left > box.left + 40, top = beside ? 64 : head.bottom;
      if (box.bottom > innerHeight - 8) scrollBy({ top: box.bottom - innerHeight + 24, behavior });
      else if (box.top < top) scrollBy({ top: box.top - top - 8, behavior });
    }

    ask(step) {
      this.asked = this.at;
      const answers = [...step.ask].sort();
      const buttons = answers.map(answer => {
        const button = make("button", "", answer);
        button.type = "button";
        button.addEventListener("click", () => {
          const right = step.ask[0];
          this.show(this.at + 1);
          this.now.append(make("strong", answer === right ? "right" : "wrong",
            answer === right ? " ✓ You said so." : ` You said: ${answer}.`));
        });
        return button;
      });
      this.now.replaceChildren(`${step.who} calls `, make("code", "", step.call), ". What comes of it? ", ...buttons);
      buttons[0].focus({ preventScroll: true });
    }
  }

  const players = [...document.querySelectorAll("figure.player")].map(figure => new Player(figure));
  const open = () => {
    const [, run, step] = location.hash.match(/^#step=(?:(.+):)?(\d+)$/) ?? [];
    const player = players.find(one => !run || one.figure.dataset.run === run);
    if (!step || !player) return;
    for (let fold = player.figure.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    player.show(Number(step), true, false);
    player.figure.scrollIntoView({ block: "start", behavior: "instant" });
    player.scroll(player.groups[player.at - 1], "instant");
  };
  addEventListener("hashchange", open);
  if (document.readyState === "complete") open();
  else addEventListener("load", open);
})();
