// The review page. Answers are written to this browser first and sent after, so that a key is never waited for and
// nothing is lost when the server, the network or the page goes away. All names are set as text, never as HTML.
"use strict";

const at = (id) => document.getElementById(id);
const KEYS = {
  p: "present", 1: "present", a: "absent", 2: "absent", u: "unsure", 3: "unsure", z: "undo",
  ArrowRight: "next", n: "next", ArrowLeft: "previous", b: "previous", " ": "play", r: "replay", "+": "zoom", "=": "zoom",
  Enter: "zoom", "?": "keys",
};
const ASIDE_PX = { left: 40, right: 8, top: 6, bottom: 24 };  // what clip_figure leaves round its spectrogram

let session = null, view = "open", shown = [], current = 0, skip = 0, passed = [], counts = {}, loading = 0;
const pictures = [];  // of the next page, fetched ahead

// ---- what this browser keeps ----------------------------------------------------------------------------------------

const TAB = sessionStorage.getItem("tab") || newKey();
sessionStorage.setItem("tab", TAB);
const OUTBOX = "outbox." + TAB;
let outbox = JSON.parse(localStorage.getItem(OUTBOX) || "[]");
let undoable = JSON.parse(sessionStorage.getItem("undoable") || "[]");

function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function keep() {
  if (outbox.length) localStorage.setItem(OUTBOX, JSON.stringify(outbox));
  else localStorage.removeItem(OUTBOX);
  sessionStorage.setItem("undoable", JSON.stringify(undoable.slice(-500)));
}

// What a tab left unsent when it was closed is sent by the next one; a key sent twice is one answer.
function adopt() {
  for (const name of Object.keys(localStorage)) {
    if (!name.startsWith("outbox.") || name === OUTBOX) continue;
    outbox = JSON.parse(localStorage.getItem(name) || "[]").concat(outbox);
    localStorage.removeItem(name);
  }
  keep();
}

// ---- talking to the server ------------------------------------------------------------------------------------------

async function ask(path, body) {
  const options = { headers: { accept: "application/json" }, cache: "no-store" };
  if (body !== undefined) {
    options.method = "POST";
    options.body = JSON.stringify(body);
    options.headers["content-type"] = "application/json";
    options.headers["x-dawnchorus"] = session.write_token;
  }
  const answer = await fetch(path, options);
  const value = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const error = new Error(typeof value.detail === "string" ? value.detail : `the server said ${answer.status}`);
    error.status = answer.status;
    throw error;
  }
  return value;
}

let sending = false, wait = 0;
async function send() {
  if (sending || !session || !outbox.length) { tellSaving(); return; }
  sending = true;
  tellSaving();
  const batch = outbox.filter((one) => one.content === outbox[0].content).slice(0, 100);
  try {
    const told = await ask("/api/verdicts", { content: batch[0].content, answers: batch.map((one) => one.press) });
    const sent = new Set(batch.map((one) => one.press.key));
    outbox = outbox.filter((one) => !sent.has(one.press.key));
    if (told.species.length !== session.species.length) fill(at("names"), told.species);
    session.species = told.species;
    wait = 0;
    trouble("");
  } catch (error) {
    wait = Math.min(5000, wait * 2 || 250);
    if (error.status === 403) await begin().catch(() => undefined);  // the server was started anew
    else if (error.status === 409 || error.status === 422) {
      // They can never be written: shown, and kept aside for whoever looks for them.
      const lost = new Set(batch.map((one) => one.press.key));
      localStorage.setItem("refused." + newKey(), JSON.stringify(batch));
      outbox = outbox.filter((one) => !lost.has(one.press.key));
      trouble(`${batch.length} ${batch.length === 1 ? "answer was" : "answers were"} refused: ${error.message}`);
    } else trouble("The server can't be reached. Your answers are kept in this browser and sent as soon as it is back.");
  }
  keep();
  sending = false;
  tellSaving();
  if (outbox.length) setTimeout(send, wait);
}

function tellSaving() {
  at("saving").textContent = outbox.length ? `${outbox.length} not saved yet` : "all saved";
  document.body.dataset.unsent = outbox.length;
}

function trouble(words) {
  at("trouble").textContent = words;
  at("trouble").hidden = !words;
}

async function begin() {
  session = await ask("/api/session");
  fill(at("reviewers"), session.reviewers);
  const chosen = at("filters").elements.species.value;
  const select = at("filters").elements.species;
  select.replaceChildren(option("", "all"), ...session.species.map((name, number) => option(number, name)));
  select.value = chosen;
  fill(at("names"), session.species);
  document.querySelector(".dated").hidden = !session.dated;
  at("start").hidden = !session.started;
}

function option(value, text) {
  const one = document.createElement("option");
  one.value = value;
  one.textContent = text;
  return one;
}

function fill(list, names) {
  list.replaceChildren(...names.map((name) => option(name, name)));
}

// ---- the grid -------------------------------------------------------------------------------------------------------

function query(from) {
  const wanted = new URLSearchParams({ show: view, skip: String(from) });
  for (const [name, value] of new FormData(at("filters"))) if (value !== "") wanted.set(name, value);
  if (wanted.has("from_hour") !== wanted.has("to_hour")) {
    wanted.set("from_hour", wanted.get("from_hour") || "0");
    wanted.set("to_hour", wanted.get("to_hour") || "24");
  }
  return "/api/clips?" + wanted;
}

async function load(last) {
  const mine = ++loading;
  await flush();
  let told;
  try {
    told = await ask(query(skip));
  } catch (error) {
    trouble(error.message);
    return;
  }
  if (mine !== loading) return;
  shown = told.clips;
  counts = told.counts;
  shown.forEach((clip) => { clip.saidBefore = mineOf(clip); clip.answer = clip.saidBefore; });
  at("clips").replaceChildren(...shown.map((clip, place) => card(clip, place)));
  at("nothing").hidden = shown.length > 0;
  at("page-number").textContent = shown.length ? `page ${passed.length + 1}` : "";
  at("previous-page").disabled = !passed.length;
  at("next-page").disabled = !shown.length;
  tellCounts();
  if (shown.length) go(last ? shown.length - 1 : 0, false);
  document.body.dataset.ready = mine;
  ahead();
}

// Waits for answers on their way: what is asked next depends on them. Not for ever: the field has no network.
async function flush() {
  for (let tries = 0; outbox.length && tries < 40; tries++) {
    send();
    await new Promise((done) => setTimeout(done, 25));
  }
}

// The pictures of the next page, one after another, while this one is looked at.
async function ahead() {
  const mine = loading;
  if (view !== "open") return;
  try {
    const told = await ask(query(skip + shown.length));
    pictures.length = 0;
    for (const clip of told.clips) {
      if (mine !== loading) return;
      const image = new Image();
      pictures.push(image);
      await new Promise((done) => { image.onload = image.onerror = done; image.src = media(clip, "svg"); });
    }
  } catch { /* it is only ahead of time */ }
}

function media(clip, kind, wide) {
  if (clip.clip === undefined) {
    const around = wide ? 8 : 1, start = Math.max(0, clip.start_s - around);
    const span = new URLSearchParams({ start_s: start.toFixed(2), end_s: (clip.end_s + around).toFixed(2) });
    if (kind === "svg") span.set("large", wide ? "true" : "false");
    return `/recording/${session.content}/${clip.recording_number}.${kind}?${span}`;
  }
  return `/clip/${session.content}/${clip.clip}.${kind}${wide ? "?wide=true" : ""}`;
}

function mineOf(clip) {
  const me = at("by").value.trim();
  const said = (clip.answers || []).find((one) => one.by === me);
  return said ? said.answer : "";
}

function element(name, className, text) {
  const one = document.createElement(name);
  if (className) one.className = className;
  if (text !== undefined) one.textContent = text;
  return one;
}

function card(clip, place) {
  const item = element("li", "clip");
  item.tabIndex = -1;
  const image = element("img");
  image.alt = describe(clip);
  image.width = 360;
  image.height = 240;
  image.decoding = "async";
  image.src = media(clip, "svg");
  const title = element("div", "title");
  title.append(element("span", "", clip.name), element("span", "", scoreOf(clip)));
  const where = element("div", "where", `${clip.recording} · ${clip.start_s.toFixed(1)}–${clip.end_s.toFixed(1)} s`);
  item.append(image, title, where, element("div", "said"));
  item.addEventListener("click", () => { if (current !== place) go(place); else play(true); });
  item.addEventListener("pointerenter", (event) => {
    if (event.pointerType === "mouse" && at("hover").checked) { current = place; mark(); play(true); }
  });
  paint(item, clip);
  return item;
}

const scoreOf = (clip) => (clip.score === undefined ? clip.likeness.toFixed(2) : clip.score.toFixed(2));
const describe = (clip) => `${clip.name}, ${clip.start_s.toFixed(1)} to ${clip.end_s.toFixed(1)} seconds of `
  + `${clip.recording}, ${clip.score === undefined ? "likeness" : "score"} ${scoreOf(clip)}`;

function paint(item, clip) {
  const others = (clip.answers || []).filter((one) => one.by !== at("by").value.trim());
  const said = others.map((one) => `${one.by}: ${one.answer}`);
  if (clip.answer) said.unshift(`you: ${clip.answer}`);
  item.dataset.answer = clip.answer || "";
  item.querySelector(".said").textContent = said.join(" · ");
}

const cards = () => (view === "missed" ? at("alike") : at("clips")).children;

function mark() {
  [...cards()].forEach((item, place) => {
    item.setAttribute("aria-current", String(place === current));
    item.tabIndex = place === current ? 0 : -1;
  });
}

function go(place, scroll = true) {
  current = Math.max(0, Math.min(place, shown.length - 1));
  mark();
  const item = cards()[current];
  if (!item) return;
  item.focus({ preventScroll: true });
  if (scroll) item.scrollIntoView({ block: "nearest" });
  const clip = shown[current];
  at("said").textContent = `Clip ${current + 1} of ${shown.length}: ${describe(clip)}${clip.answer ? ", you said " + clip.answer : ""}`;
  if (at("zoomed").open) zoom();
  if (at("autoplay").checked && scroll) play(true);
}

function tellCounts() {
  const done = counts.present + counts.absent + counts.unsure;
  at("bar").max = Math.max(1, done + counts.open);
  at("bar").value = done;
  at("counts").textContent = `${done.toLocaleString("en")} answered (${counts.present} present, ${counts.absent} absent, `
    + `${counts.unsure} unsure), ${counts.open.toLocaleString("en")} to go`;
}

// ---- answers --------------------------------------------------------------------------------------------------------

function who() {
  const by = at("by").value.trim();
  if (by) return by;
  trouble("Type your name first: every answer says who gave it.");
  at("by").focus();
  return "";
}

function push(press, clip) {
  outbox.push({ content: session.content, press });
  if (press.answer !== "undo") undoable.push({ key: press.key, clip: clip ? clip.clip : undefined, before: clip ? clip.answer : "" });
  keep();
  send();
}

function answer(word) {
  const clip = shown[current], by = who();
  if (!clip || !by) return;
  const press = { key: newKey(), answer: word, by };
  if (clip.clip !== undefined) press.clip = clip.clip;
  else press.marked = {
    recording: clip.recording_number, start_s: clip.start_s, end_s: clip.end_s, low_hz: clip.low_hz, high_hz: clip.high_hz,
    name: clip.name, asked: "similar",
  };
  push(press, clip);
  count(clip.answer, word);
  clip.answer = word;
  clip.key = press.key;
  paint(cards()[current], clip);
  at("said").textContent = word;
  if (current + 1 < shown.length) go(current + 1);
  else if (view === "open") nextPage();
}

function count(before, after) {
  if (before in counts) { counts[before]--; counts.open++; }
  if (after in counts) { counts[after]++; counts.open--; }
  if (view !== "missed") tellCounts();
}

function undo() {
  const by = who(), last = undoable.pop();
  if (!by) return;
  if (!last) { trouble("There is no answer of this tab to take back."); return; }
  push({ key: newKey(), answer: "undo", by, takes_back: last.key });
  const place = shown.findIndex((clip) => clip.key === last.key || (clip.clip !== undefined && clip.clip === last.clip));
  at("said").textContent = "taken back";
  if (place < 0) { if (view !== "missed") load(); return; }
  const clip = shown[place];
  count(clip.answer, last.before);
  clip.answer = last.before;
  paint(cards()[place], clip);
  go(place);
}

function nextPage() {
  if (!shown.length) return;
  passed.push(skip);
  // What was answered is no longer among the open ones; what was passed over is.
  skip += view === "open" ? shown.filter((clip) => !clip.answer).length : shown.length;
  load();
}

function previousPage() {
  if (!passed.length) return;
  skip = passed.pop();
  load(true);
}

// ---- sound ----------------------------------------------------------------------------------------------------------

function play(again, address) {
  const sound = at("sound"), clip = shown[current];
  const source = address || (clip && media(clip, "wav", at("zoomed").open));
  if (!source) return;
  const same = sound.dataset.source === source;
  if (same && !again && !sound.paused) { sound.pause(); return; }
  if (!same) { sound.src = source; sound.dataset.source = source; }
  sound.currentTime = 0;
  for (const item of document.querySelectorAll(".playing")) item.classList.remove("playing");
  const item = address ? null : cards()[current];
  if (item) item.classList.add("playing");
  sound.onended = sound.onpause = () => item && item.classList.remove("playing");
  sound.play().catch((error) => {
    // Browsers play nothing before the first key or click on a page; that is no trouble.
    if (error.name !== "NotAllowedError" && error.name !== "AbortError") trouble("This clip can't be played.");
  });
}

function zoom() {
  const clip = shown[current];
  if (!clip) return;
  at("wide").src = media(clip, "svg", true);
  at("wide").alt = describe(clip);
  at("wide-text").textContent = describe(clip);
  if (!at("zoomed").open) at("zoomed").showModal();
}

// ---- what was missed ------------------------------------------------------------------------------------------------

const WINDOW_S = 30;
let heard = { number: -1, duration_s: 0 }, from = 0, origin = null, axis = null, searching = 0, opening = 0;

async function findRecordings() {
  const wanted = at("search").value;
  const found = await ask("/api/recordings?search=" + encodeURIComponent(wanted)).catch(() => []);
  fill(at("recordings"), found.map((one) => one.name));
  const exact = found.find((one) => one.name === wanted);
  if (exact && exact.number !== heard.number) await openRecording(exact.number, 0);
}

async function openRecording(number, start) {
  const mine = ++opening;  // another may be chosen meanwhile
  try {
    const told = await ask(`/api/recordings/${session.content}/${number}`);
    if (mine !== opening) return;
    heard = { number, ...told };
  } catch (error) { trouble(error.message); return; }
  at("search").value = heard.name;
  at("alike").replaceChildren();
  showWindow(start);
}

function showWindow(start) {
  from = Math.max(0, Math.min(start, heard.duration_s - 1));
  const end = Math.min(from + WINDOW_S, heard.duration_s);
  at("long").src = `/recording/${session.content}/${heard.number}.svg?start_s=${from}&end_s=${end}`;
  at("long").alt = `Spectrogram of ${heard.name} from ${from.toFixed(0)} to ${end.toFixed(0)} seconds`;
  at("window").textContent = `${from.toFixed(0)}–${end.toFixed(0)} of ${heard.duration_s.toFixed(0)} s`;
  at("drag").hidden = true;
  axis = { from, end };
}

// Slaney's mel scale, on which the picture's rows lie; the same as in the front end.
const toMel = (hz) => (hz < 1000 ? hz * 3 / 200 : 15 + Math.log(hz / 1000) * 27 / Math.log(6.4));
const toHz = (mel) => (mel < 15 ? mel * 200 / 3 : 1000 * Math.exp((mel - 15) * Math.log(6.4) / 27));

function place(event) {
  const box = at("long").getBoundingClientRect(), scale = 900 / box.width, tall = box.height * scale;
  const across = 900 - ASIDE_PX.left - ASIDE_PX.right, down = tall - ASIDE_PX.top - ASIDE_PX.bottom;
  const x = ((event.clientX - box.left) * scale - ASIDE_PX.left) / across;
  const y = ((event.clientY - box.top) * scale - ASIDE_PX.top) / down;
  const inside = (share) => Math.max(0, Math.min(1, share));
  return { x: inside(x), y: inside(y), px: event.clientX - box.left, py: event.clientY - box.top };
}

function dragged(to) {
  const [left, right] = [origin.x, to.x].sort((one, other) => one - other);
  const [up, low] = [origin.y, to.y].sort((one, other) => one - other);
  const seconds = (share) => (axis.from + share * (axis.end - axis.from)).toFixed(2);
  const highest = toMel(heard.top_hz), lowest = toMel(20);
  const hertz = (share) => Math.round(toHz(highest - share * (highest - lowest)));
  const fields = at("mark").elements;
  fields.start_s.value = seconds(left);
  fields.end_s.value = seconds(right);
  fields.low_hz.value = hertz(low);
  fields.high_hz.value = hertz(up);
  const frame = at("drag").style;
  frame.left = Math.min(origin.px, to.px) + "px";
  frame.top = Math.min(origin.py, to.py) + "px";
  frame.width = Math.abs(to.px - origin.px) + "px";
  frame.height = Math.abs(to.py - origin.py) + "px";
  at("drag").hidden = false;
}

function box() {
  const fields = at("mark").elements, value = {};
  for (const name of ["start_s", "end_s", "low_hz", "high_hz"]) value[name] = Number(fields[name].value);
  return { recording: heard.number, ...value };
}

function saveMark(event) {
  event.preventDefault();
  const by = who();
  if (!by || heard.number < 0) return;
  const marked = { ...box(), name: at("mark").elements.name.value.trim() };
  push({ key: newKey(), answer: "present", by, marked });
  at("search-state").textContent = `Saved: ${marked.name}, ${marked.start_s} to ${marked.end_s} s. Z takes it back.`;
}

async function findSimilar(sample, name) {
  at("alike").replaceChildren();
  shown = [];
  const mine = ++searching;
  let search;
  try {
    ({ search } = await ask("/api/similar", { content: session.content, ...sample }));
  } catch (error) { at("search-state").textContent = error.message; return; }
  for (;;) {
    const state = await ask("/api/similar/" + search).catch(() => null);
    if (!state || mine !== searching) return;
    at("search-state").textContent = `${state.done} of ${state.of} recordings searched by ${state.by}`
      + (state.left_out ? `, ${state.left_out} of which nothing is stored` : "")
      + (state.failed ? `, ${state.failed} can't be read` : "") + (state.over ? "." : " …");
    if (state.over) {
      shown = state.nearest.map((one) => ({ ...one, name, low_hz: sample.low_hz, high_hz: sample.high_hz, answer: "" }));
      at("alike").replaceChildren(...shown.map((clip, number) => card(clip, number)));
      if (shown.length) go(0);
      return;
    }
    await new Promise((done) => setTimeout(done, 300));
  }
}

function similarToClip() {
  const clip = shown[current];
  at("zoomed").close();
  show("missed");
  openRecording(clip.recording_number, Math.max(0, clip.start_s - 5)).then(() => {
    const fields = at("mark").elements;
    for (const name of ["start_s", "end_s"]) fields[name].value = Number(clip[name]).toFixed(2);
    for (const name of ["low_hz", "high_hz"]) fields[name].value = Number(clip[name]).toFixed(0);
    fields.name.value = clip.name;
    findSimilar({ ...box() }, clip.name);
  });
}

// ---- everything that is pressed -------------------------------------------------------------------------------------

function show(wanted) {
  view = wanted;
  for (const button of document.querySelectorAll("[data-view]")) {
    button.setAttribute("aria-pressed", String(button.dataset.view === wanted));
  }
  at("queue").hidden = at("filters").hidden = wanted === "missed";
  at("missed").hidden = wanted !== "missed";
  skip = 0;
  passed = [];
  shown = [];
  if (wanted !== "missed") load();
  else if (heard.number < 0 && session.recordings) openRecording(0, 0).then(findRecordings);
  else findRecordings();
}

const ACTIONS = {
  present: () => answer("present"), absent: () => answer("absent"), unsure: () => answer("unsure"), undo,
  next: () => (current + 1 < shown.length ? go(current + 1) : nextPage()),
  previous: () => (current > 0 ? go(current - 1) : previousPage()),
  play: () => play(false), replay: () => play(true), zoom, keys: () => at("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || at("keys").open) return;
  const target = event.target, typing = target.matches("input:not([type=checkbox]), select, textarea");
  if (typing || (target.matches("button, a") && (event.key === " " || event.key === "Enter"))) return;
  const action = ACTIONS[KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key]];
  if (!action) return;
  event.preventDefault();
  action();
});

for (const button of document.querySelectorAll("[data-do]")) button.addEventListener("click", () => ACTIONS[button.dataset.do]());
for (const button of document.querySelectorAll("[data-view]")) button.addEventListener("click", () => show(button.dataset.view));
at("next-page").addEventListener("click", nextPage);
at("previous-page").addEventListener("click", previousPage);
at("keys-button").addEventListener("click", ACTIONS.keys);
at("keys-close").addEventListener("click", () => at("keys").close());
at("wide-close").addEventListener("click", () => at("zoomed").close());
at("wide-play").addEventListener("click", () => play(true));
at("wide-similar").addEventListener("click", similarToClip);
at("filters").addEventListener("change", () => { skip = 0; passed = []; load(); });
at("filters").addEventListener("submit", (event) => event.preventDefault());
at("search").addEventListener("input", () => { opening++; findRecordings(); });  // typing comes before what is on its way
at("search").addEventListener("focus", () => at("search").select());
at("earlier").addEventListener("click", () => showWindow(from - WINDOW_S / 2));
at("later").addEventListener("click", () => showWindow(from + WINDOW_S / 2));
at("hear").addEventListener("click", () => {
  if (heard.number >= 0) play(false, `/recording/${session.content}/${heard.number}.wav?start_s=${axis.from}&end_s=${axis.end}`);
});
at("canvas").addEventListener("pointerdown", (event) => {
  if (heard.number < 0) return;
  origin = place(event);
  at("canvas").setPointerCapture(event.pointerId);
});
at("canvas").addEventListener("pointermove", (event) => { if (origin) dragged(place(event)); });
at("canvas").addEventListener("pointerup", (event) => { if (origin) { dragged(place(event)); origin = null; } });
at("canvas").addEventListener("pointercancel", () => { origin = null; });
at("mark").addEventListener("submit", saveMark);
at("similar").addEventListener("click", () => {
  if (heard.number >= 0) findSimilar(box(), at("mark").elements.name.value.trim() || "unnamed");
});
at("by").value = localStorage.getItem("by") || "";
at("by").addEventListener("change", () => { localStorage.setItem("by", at("by").value.trim()); trouble(""); if (view !== "missed") load(); });
for (const id of ["hover", "autoplay"]) {
  at(id).checked = localStorage.getItem(id) !== "no";
  at(id).addEventListener("change", () => localStorage.setItem(id, at(id).checked ? "yes" : "no"));
}
window.addEventListener("online", send);

(async () => {
  for (;;) {
    try { await begin(); break; } catch (error) {
      trouble(error.status ? error.message : "The server can't be reached; trying again.");
      await new Promise((done) => setTimeout(done, 1000));
    }
  }
  if (!at("by").value && session.reviewers.length) at("by").value = session.reviewers[0];
  trouble("");
  adopt();
  if (!session.clips) at("missed-title").textContent = "Mark calls";
  show(session.clips ? "open" : "missed");
})();
