// The form: what is chosen goes to the server, which says whether it makes sense; what it has taken comes back.

const FIELDS = ["density", "generator", "seed", "objective", "penalty", "n_critic", "rate_d", "rate_g", "batch", "pace"];
const NUMBERS = ["seed", "n_critic", "rate_d", "rate_g", "batch", "pace"];
const SUGGESTED = ["none", "r1:0.1", "r1:1", "r2:0.1", "r1:0.1+r2:0.1", "wgan-gp:1", "wgan-gp:10", "dragan:1"];

const $ = (id) => document.getElementById(id);

export class Controls {
  /** `send` takes settings for the server. */
  constructor(send) {
    this.send = send;
    this.settings = null; // as asked for
    this.taken = null; // as the server has them
    this.touched = null;
    $("settings").querySelector("form").addEventListener("submit", (event) => event.preventDefault());
    for (const name of FIELDS) $(name).addEventListener("change", () => this.changed(name));
    if (matchMedia("(max-width: 720px)").matches) $("settings").open = false;
  }

  changed(name) {
    if (!this.settings) return;
    this.touched = name;
    const value = $(name).value.trim();
    const number = value === "" ? NaN : Number(value);
    if (NUMBERS.includes(name) && Number.isNaN(number)) {
      this.refused(`${name}: expected a number, got '${value}'`);
      return;
    }
    this.ask({ [name]: NUMBERS.includes(name) ? number : value });
  }

  ask(change) {
    this.settings = { ...this.settings, ...change };
    this.send(this.settings);
  }

  /** One more or fewer steps an update. */
  changePace(by) {
    if (this.settings) this.ask({ pace: Math.max(1, this.settings.pace + by) });
  }

  /** Shows what the server has taken. */
  take(scene) {
    if (!this.settings) this.fill(scene.choices);
    this.settings = this.taken = scene.settings;
    for (const name of FIELDS) {
      const field = $(name);
      field.removeAttribute("aria-invalid");
      const value = String(this.settings[name]);
      if (field.value !== value) field.value = value;
    }
    this.touched = null;
    say(null);
    const objective = scene.choices.objectives.find((choice) => choice.name === this.settings.objective);
    $("objective-hint").textContent = objective?.summary ?? "";
  }

  /** Shows why the server has not taken it. What was typed stays, to be corrected. */
  refused(message) {
    this.settings = this.taken;
    if (this.touched) $(this.touched).setAttribute("aria-invalid", "true");
    say(message);
  }

  fill(choices) {
    const options = (list) => list.map(({ name, summary }) => Object.assign(new Option(name, name), { title: summary }));
    $("density").replaceChildren(...["line", "plane"].map((space) => {
      const group = Object.assign(document.createElement("optgroup"), { label: space === "line" ? "on the line" : "in the plane" });
      group.append(...options(choices.densities.filter(({ summary }) => summary.startsWith(space))));
      return group;
    }));
    $("generator").replaceChildren(...options(choices.generators));
    $("objective").replaceChildren(...options(choices.objectives));
    $("penalties").replaceChildren(...SUGGESTED.map((name) => new Option(name, name)));
  }
}

/** Shows a message, or none. */
export function say(text) {
  $("message").hidden = !text;
  if ($("message").textContent !== (text ?? "")) $("message").textContent = text ?? "";
}
