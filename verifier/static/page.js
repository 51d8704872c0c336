// The venue's page: which of its parts is shown, and what makes it change.
import { Camera, CameraError } from "./camera.js";
import { Clearing } from "./clearing.js";
import { watchScanner } from "./scanner.js";
import { Refusal, ask, isKiosk, withdraw } from "./server.js";

const PARTS = ["start", "asking", "scanning", "busy", "answer"];
const STATE_EVERY = 30000;
const RETRY = 2000;

const part = Object.fromEntries(PARTS.map((name) => [name, document.getElementById(name)]));
const banner = document.getElementById("banner");
const announcer = document.getElementById("announcer");
const ages = document.getElementById("ages");
const text = document.getElementById("text");
const pictureField = document.getElementById("picture");

// Each guest is one turn; whatever comes back for an earlier turn is dropped.
let turn = new AbortController();
let transaction = null;
let renewal = null;

const camera = new Camera(document.getElementById("video"));
const clearing = new Clearing(Number(ages.dataset.clearSeconds), {
  onTick: tellSecondsLeft,
  onEnd: () => next({ byItself: true }),
});

function word(name) {
  return document.querySelector(`#words [data-word="${name}"]`).textContent;
}

function show(name) {
  for (const other of PARTS) part[other].hidden = other !== name;
  document.documentElement.dataset.part = name;
}

function announce(sentence) {
  announcer.textContent = sentence;
}

/** End this guest's turn: nothing of it is left on the page, and nobody waits for it any more. */
function forgetGuest() {
  turn.abort();
  turn = new AbortController();
  clearing.stop();
  clearTimeout(renewal);
  camera.stop();
  if (transaction !== null) withdraw(transaction);
  transaction = null;
  part.answer.replaceChildren();
  part.asking.replaceChildren();
  for (const form of document.forms) if (form.id !== "ask") form.reset();
  pictureField.value = "";
  document.getElementById("camera-note").textContent = "";
  return turn.signal;
}

/** Make the page ready for the next guest. */
function next({ byItself = false } = {}) {
  forgetGuest();
  say(null);
  announce(byItself ? word("cleared") : "");
  if (isKiosk()) return void askWallet();
  show("start");
  if (!byItself) document.getElementById("start-title").focus();
}

function showAnswer(html) {
  forgetGuest();
  part.answer.innerHTML = html;
  show("answer");
  const heading = document.getElementById("word");
  heading.focus();
  clearing.start();
  const why = document.getElementById("why").innerText.trim().replaceAll("\n", " ");
  const kept = `${word("clears").replace("{seconds}", ages.dataset.clearSeconds)} ${word("keep")}`;
  announce(`${heading.textContent}. ${why} ${kept}`);
}

function tellSecondsLeft(seconds) {
  const countdown = document.getElementById("countdown");
  if (countdown) countdown.textContent = word("clears").replace("{seconds}", seconds);
  const share = seconds / Number(ages.dataset.clearSeconds);
  part.answer.style.setProperty("--left", String(share));
  part.answer.classList.toggle("soon", seconds <= 5);
}

// What is wrong with server, clock or camera stands above everything; null takes it away.
function say(name) {
  banner.textContent = name === null ? "" : word(name);
  banner.hidden = name === null;
  banner.dataset.about = name ?? "";
}

function sayTrouble(problem) {
  if (problem.name === "AbortError") return;
  if (!(problem instanceof Refusal)) throw problem;
  if (problem.status === 401) return location.replace(location.href);
  if (problem.status === 0) say("server-gone");
  else if (problem.status === 429) say("too-many");
  else if ([400, 413, 415].includes(problem.status)) say("unreadable");
  else say("failed");
}

/** Send what was scanned, pasted or chosen, and show what it is found to be. */
async function check(path, body) {
  const signal = forgetGuest();
  say(null);
  show("busy");
  announce(document.getElementById("busy-title").textContent);
  try {
    const told = await ask(path, body, signal);
    if (!signal.aborted) showAnswer(told.html);
  } catch (problem) {
    if (signal.aborted) return;
    sayTrouble(problem);
    show("start");
    document.getElementById("start-title").focus();
  }
}

async function askWallet() {
  const signal = forgetGuest();
  say(null);
  try {
    const made = await ask("/page/request", { situation: document.getElementById("situation").value }, signal);
    if (signal.aborted) return withdraw(made.transaction);
    transaction = made.transaction;
    part.asking.innerHTML = made.html;
    show("asking");
    document.getElementById("asking-title").focus();
    announce(word("waiting"));
    await waitForAnswer(made.transaction, signal);
  } catch (problem) {
    if (signal.aborted) return;
    sayTrouble(problem);
    show("start");
    // A kiosk has nobody to press the button.
    if (isKiosk()) renewal = setTimeout(askWallet, RETRY);
  }
}

async function waitForAnswer(waitingFor, signal) {
  let seen = "open";
  while (!signal.aborted) {
    let told;
    try {
      told = await ask("/page/answer", { transaction: waitingFor, seen }, signal);
      if (banner.dataset.about === "server-gone") say(null);
    } catch (problem) {
      if (signal.aborted) return;
      if (problem instanceof Refusal && [0, 429, 503].includes(problem.status)) {
        sayTrouble(problem);
        await new Promise((resume) => setTimeout(resume, RETRY));
        continue;
      }
      throw problem;
    }
    if (signal.aborted) return;
    if (told.html) return showAnswer(told.html);
    if (told.state === "ended") {
      transaction = null;
      next();
      if (!isKiosk()) say("ended");
      return;
    }
    if (told.state === "fetched" && seen !== "fetched") {
      announce(word("fetched"));
      document.getElementById("progress").classList.add("read");
      document.getElementById("progress-text").textContent = word("fetched");
    }
    seen = told.state;
  }
}

async function scan() {
  const signal = forgetGuest();
  say(null);
  show("scanning");
  document.getElementById("scanning-title").focus();
  try {
    await camera.start({
      onText: (found) => check("/page/text", { text: found }),
      onPicture: async (picture) => {
        try {
          const told = await ask("/page/frame", picture, signal);
          if (signal.aborted) return true;
          if (banner.dataset.about) say(null);
          if (told.html) showAnswer(told.html);
          return Boolean(told.html);
        } catch (problem) {
          if (!signal.aborted) sayTrouble(problem);
          return signal.aborted;
        }
      },
    });
    if (!signal.aborted) announce(word("camera-on"));
  } catch (problem) {
    if (signal.aborted) return;
    if (!(problem instanceof CameraError)) throw problem;
    show("start");
    say(`camera-${problem.why}`);
    document.querySelector("#start [data-do=camera]").focus();
  }
}

/** Somebody at the desk has compared the name with an identity document. */
function decide(isSamePerson) {
  const name = isSamePerson ? "confirmed" : "denied";
  part.answer.querySelector(".answer").dataset.tone = isSamePerson ? "accepted" : "refused";
  const heading = document.getElementById("word");
  heading.textContent = word(name);
  const reason = document.createElement("p");
  reason.className = "reason";
  reason.textContent = word(`${name}-why`);
  document.getElementById("why").replaceChildren(reason);
  for (const note of part.answer.querySelectorAll(".verdict .note")) note.remove();
  document.getElementById("compare")?.remove();
  heading.focus();
  announce(`${heading.textContent}. ${reason.textContent}`);
}

/** Compare the name that is shown with a line of a passport; nobody is let in by it without a look. */
async function comparePassport(form) {
  const signal = turn.signal;
  const line = form.elements.line.value.trim();
  if (!line) return form.elements.line.focus();
  const { name, birthDate } = form.dataset;
  let told;
  try {
    told = await ask("/page/compare", { name, birthDate: birthDate ?? "", line }, signal);
  } catch (problem) {
    if (!signal.aborted) sayTrouble(problem);
    return;
  }
  if (signal.aborted) return;
  const found = document.getElementById("match");
  const heading = document.createElement("p");
  heading.textContent = word(told.outcome);
  const reasons = document.createElement("ul");
  for (const reason of told.reasons) {
    const item = document.createElement("li");
    item.textContent = reason;
    reasons.append(item);
  }
  found.dataset.outcome = told.outcome;
  found.replaceChildren(heading, reasons);
  if (told.outcome === "different") decide(false);
  else if (told.outcome === "match" && document.getElementById("compare")) decide(true);
}

const ACTIONS = {
  camera: scan,
  back: () => next(),
  next: () => next(),
  keep: () => clearing.extend(),
  confirm: () => decide(true),
  deny: () => decide(false),
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button) return void ACTIONS[button.dataset.do]();
  const link = event.target.closest("a[data-replace]");
  if (!link) return;
  // Another language is the same page: nothing to go back to.
  event.preventDefault();
  location.replace(link.href);
});

document.getElementById("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  askWallet();
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches(".passport")) return;
  event.preventDefault();
  comparePassport(event.target);
});

document.getElementById("typed").addEventListener("submit", (event) => {
  event.preventDefault();
  const typed = text.value.trim();
  if (typed) check("/page/text", { text: typed });
  else text.focus();
});

pictureField.addEventListener("change", () => {
  const [file] = pictureField.files;
  if (file) check("/page/picture", file);
});

document.addEventListener("paste", (event) => {
  const files = [...event.clipboardData.files].filter((file) => file.type.startsWith("image/"));
  if (files.length > 0) {
    event.preventDefault();
    check("/page/picture", files[0]);
    return;
  }
  const pasted = event.clipboardData.getData("text/plain").trim();
  if (!pasted || event.target instanceof HTMLTextAreaElement) return;
  event.preventDefault();
  check("/page/text", { text: pasted.slice(0, 20000) });
});

// A document reader types as fast as a hand scanner, into the field that waits for it.
watchScanner((scanned) => check("/page/text", { text: scanned }), (target) => target.id === "line");

// Leaving the page leaves nothing behind, whatever the browser keeps for going back.
addEventListener("pagehide", () => {
  forgetGuest();
  show("start");
});
addEventListener("pageshow", (event) => {
  if (event.persisted) next();
});

async function readState() {
  try {
    const told = await ask("/page/state", { clock: new Date().toISOString() });
    ages.textContent = told.ages.join(" · ");
    if (told.clockDiffers) say("clock");
    else if (["server-gone", "clock"].includes(banner.dataset.about)) say(null);
  } catch (problem) {
    if (problem instanceof Refusal && problem.status !== 429) sayTrouble(problem);
  }
}

readState();
setInterval(readState, STATE_EVERY);
if (isKiosk()) askWallet();
else show("start");
