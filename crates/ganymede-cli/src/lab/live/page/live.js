// The page: a connection to the game, what it last showed, and the keys.

import { Controls, say } from "./controls.js";
import { describe, draw, numbers } from "./panels.js";
import { colours } from "./plot.js";

const $ = (id) => document.getElementById(id);
const AGAIN = 1000; // milliseconds until a lost connection is tried again
const DESCRIBE = 1000; // milliseconds between two texts for those who listen

let socket = null;
let scene = null;
let newest = null; // the last frame that came
let drawn = true;
let described = 0;
let theme = colours();

const send = (message) => {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
};
const controls = new Controls((settings) => send({ do: "set", settings }));
const toggle = () => send({ do: newest?.frame.playing ? "pause" : "start" });

function connect() {
  socket = new WebSocket(`ws://${location.host}/play`);
  socket.onopen = () => say(null);
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.refused !== undefined) {
      controls.refused(message.refused);
    } else if (message.scene) {
      scene = message.scene;
      newest = null; // frames so far are of another scene
      controls.take(scene);
    } else if (message.frame) {
      // a frame that is not drawn in time gives way to the next; each that came is answered, or none would come
      if (!drawn) send({ do: "seen" });
      newest = message;
      drawn = false;
      requestAnimationFrame(show);
    }
  };
  socket.onclose = () => {
    say("No connection to the game. Is `ganymede lab --live` still running? Trying again.");
    $("state").textContent = "not connected";
    setTimeout(connect, AGAIN);
  };
}

function show() {
  if (drawn || !newest || !scene) return;
  drawn = true;
  const { frame, per_second, clients } = newest;
  draw(scene, frame, theme);
  numbers(scene, frame);
  $("steps").textContent = frame.step.toLocaleString("en");
  $("state").textContent = frame.stopped ? "stopped" : frame.playing ? "playing" : "paused";
  $("rate").textContent = frame.playing ? per_second.toFixed(1) : "0";
  $("clients").textContent = clients;
  $("play").textContent = frame.playing ? "Pause" : "Start";
  $("play").disabled = Boolean(frame.stopped);
  $("step").disabled = Boolean(frame.stopped);
  if (frame.stopped) say(`The game has stopped: ${frame.stopped}. Reset begins anew.`);
  if (performance.now() - described > DESCRIBE || !frame.playing) {
    described = performance.now();
    describe(scene, frame);
  }
  send({ do: "seen" });
}

function redraw() {
  theme = colours();
  if (newest && scene) draw(scene, newest.frame, theme);
}

$("play").addEventListener("click", toggle);
$("step").addEventListener("click", () => send({ do: "step" }));
$("reset").addEventListener("click", () => {
  say(null);
  send({ do: "reset" });
});

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, summary, a")) return;
  const onButton = event.target.closest("button");
  const keys = {
    " ": onButton ? null : toggle,
    ArrowRight: () => send({ do: "step" }),
    ArrowUp: () => controls.changePace(1),
    ArrowDown: () => controls.changePace(-1),
    r: () => $("reset").click(),
    R: () => $("reset").click(),
  };
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

new ResizeObserver(redraw).observe($("panels"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
connect();
