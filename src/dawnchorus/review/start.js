// The start page. It shows what the server says of the job at work, whichever tab began it.
"use strict";

const at = (id) => document.getElementById(id);
const fields = at("folders").elements;
const LOOK_MS = 700;
const NAMES = { detection: "Detection", training: "Training" };
const STATES = { running: "at work", done: "done", failed: "failed", stopped: "stopped" };
let token = "";

async function ask(path, body) {
  const options = { headers: { accept: "application/json" }, cache: "no-store" };
  if (body !== undefined) {
    options.method = "POST";
    options.body = JSON.stringify(body);
    options.headers["content-type"] = "application/json";
    options.headers["x-dawnchorus"] = token;
  }
  const answer = await fetch(path, options);
  const value = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(typeof value.detail === "string" ? value.detail : `the server said ${answer.status}`);
  return value;
}

function trouble(words) {
  at("trouble").textContent = words;
  at("trouble").hidden = !words;
}

function show(state) {
  token = state.write_token;
  const job = state.job, running = job !== null && job.state === "running";
  const ended = document.body.dataset.job === "running" && !running;
  document.body.dataset.job = job === null ? "" : job.state;
  at("work").hidden = job === null;
  for (const name of ["detect", "train"]) document.querySelector(`[data-do=${name}]`).disabled = running;
  if (job === null) return;
  at("work-title").textContent = `${NAMES[job.kind]} in ${job.out}: ${STATES[job.state]}`;
  if (job.share !== null) at("bar").value = job.share;
  else at("bar").removeAttribute("value");
  at("bar").hidden = !running;
  if (ended) document.querySelector("#work details").open = true;  // faults are told there
  at("stop").hidden = !running;
  if (at("words").textContent !== job.words) at("words").textContent = job.words;
  at("lines").replaceChildren(...job.lines.map((line) => {
    const one = document.createElement("li");
    one.textContent = line;
    return one;
  }));
}

async function act(name) {
  trouble("");
  const given = Object.fromEntries(new FormData(at("folders")));
  try {
    const state = await ask(`/start/${name}`, given);
    if (name === "open") location.assign("/");
    else show(state);
  } catch (error) {
    trouble(error.message === "stale" ? "The server was started anew; try again." : error.message);
  }
}

async function look() {
  try {
    show(await ask("/start/state"));
    document.body.dataset.away = "";
  } catch {
    if (!document.body.dataset.away) trouble("The server can't be reached.");
    document.body.dataset.away = "yes";
  }
  setTimeout(look, LOOK_MS);
}

async function begin() {
  const state = await ask("/start/state");
  for (const [name, value] of Object.entries(state.typed)) if (fields[name] && !fields[name].value) fields[name].value = value;
  show(state);
}

for (const button of document.querySelectorAll("[data-do]")) button.addEventListener("click", () => act(button.dataset.do));
at("stop").addEventListener("click", () => act("stop"));
at("folders").addEventListener("submit", (event) => event.preventDefault());
begin().catch((error) => trouble(error.message)).finally(look);
