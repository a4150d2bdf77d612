// Search a place, see its cells, change them on the version that was seen.

import { ask, both, button, choose, during, el, faults, field, office, Refused, told, twice } from "./desk.js";
import { CHOICES, DATUMS, GROUPS, KINDS, LABELS, LONG } from "./words.js";

const SHOWN = 50;
let asked = { q: "", kind: "" };

export async function places(panel, wanted) {
  const query = el("input", { type: "search", value: asked.q, maxlength: 100, placeholder: "名称、地址或编号" });
  const kind = choose([["", "全部 all"], ...KINDS], asked.kind);
  const list = el("div", { class: "rows" });
  const count = el("p", { class: "note" });
  const editor = el("div", {});
  const broken = el("div", {});
  const search = async () => {
    asked = { q: query.value.trim(), kind: kind.value };
    const words = new URLSearchParams({ limit: SHOWN, ...(asked.q && { q: asked.q }), ...(asked.kind && { kind: asked.kind }) });
    try {
      const { said } = await ask("GET", `/admin/places?${words}`);
      count.textContent = said.matched > SHOWN ? `共 ${said.matched} 处，显示前 ${SHOWN} 处 · first ${SHOWN} of ${said.matched}` : `共 ${said.matched} 处 · ${said.matched} places`;
      list.replaceChildren(...said.places.map((row) => line(row, open)));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      office.say(told(error), "bad");
    }
  };
  const open = async (id) => {
    for (const row of list.children) row.setAttribute("aria-current", row.dataset.id === id);
    await edit(editor, id, async () => { await search(); await open(id); await look(); }, async () => { await search(); editor.replaceChildren(); await look(); });
    if (matchMedia("(max-width:760px)").matches) editor.scrollIntoView({ block: "start" });
  };
  const look = async () => broken.replaceChildren(...await problems());
  let waits = 0;
  query.addEventListener("input", () => { clearTimeout(waits); waits = setTimeout(search, 250); });
  kind.addEventListener("change", search);
  panel.replaceChildren(
    el("div", { class: "cols" },
      el("div", {},
        el("div", { class: "line" }, field("搜索", "search", query, { class: "grow" }), field("种类", "kind", kind, { class: "some" })),
        el("div", { class: "line" }, button("新增点位", "Add a place", () => create(editor, async (id) => { await search(); await open(id); }))),
        count, list, broken),
      editor));
  await search();
  if (wanted) await open(wanted);
  else editor.replaceChildren(el("p", { class: "note line" }, "从左侧选一处点位。 ", el("span", { lang: "en" }, "Choose a place from the list.")));
  await look();
}

function line(row, open) {
  const kind = (KINDS.find(([id]) => id === row.kind) ?? ["", row.kind])[1];
  const made = el("button", { type: "button", onclick: () => open(row.facility_id) },
    el("b", {}, row.name || "（无名称）"), el("i", {}, kind), el("span", {}, `${row.address || "无地址"} · ${row.facility_id}`));
  made.dataset.id = row.facility_id;
  return made;
}

async function problems() {
  try {
    const { said } = await ask("GET", "/admin/faults");
    if (!said.faults.length) return [el("p", { class: "say good" }, "登记库没有问题 · the registry is sound")];
    return [el("details", {}, el("summary", {}, both(`登记库有 ${said.faults.length} 个问题，改好后才能重建`, "faults: mend them before a rebuild")), faults(said.faults))];
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return [el("p", { class: "say bad" }, told(error))];
  }
}

function inputs(cells, columns) {
  const made = new Map();
  const sets = GROUPS.map(([zh, en, names], i) => {
    const own = i === GROUPS.length - 1 ? [...names, ...columns.filter((c) => c !== "facility_id" && !GROUPS.some(([, , all]) => all.includes(c)))] : names;
    return el("fieldset", {}, el("legend", {}, both(zh, en)), own.filter((name) => columns.includes(name)).map((name) => {
      const options = name === "category" ? [["", "—"], ...office.me.categories] : CHOICES[name];
      const input = options ? choose(options, cells[name]) : el(name === "note" ? "textarea" : "input", { value: cells[name] ?? "", maxlength: 5000, spellcheck: "false" });
      if (options && input.value !== (cells[name] ?? "")) { input.prepend(el("option", { value: cells[name] ?? "" }, cells[name] || "—")); input.value = cells[name] ?? ""; }
      input.addEventListener("input", () => input.classList.toggle("changed", input.value !== (cells[name] ?? "")));
      made.set(name, input);
      const [labelZh, labelEn] = LABELS[name] ?? [name, name];
      return field(labelZh, labelEn, input, { class: LONG.has(name) ? "wide" : undefined });
    }));
  });
  return { made, sets };
}

function mark(made, error) {
  const wrong = error.problem.errors ?? [];
  for (const [name, input] of made) {
    const own = wrong.filter((f) => (f.column ?? "").split(", ").includes(name));
    input.setAttribute("aria-invalid", own.length > 0);
    input.parentElement.querySelector(".wrong")?.remove();
    if (own.length) input.parentElement.append(el("span", { class: "wrong" }, own.map((f) => `${f.problem}: ${f.remedy}`).join("; ")));
  }
  made.forEach((input) => input.getAttribute("aria-invalid") === "true" && input.closest("details")?.setAttribute("open", ""));
}

function changed(made, cells) {
  return Object.fromEntries([...made].filter(([name, input]) => input.value !== (cells[name] ?? "")).map(([name, input]) => [name, input.value]));
}

async function edit(editor, id, saved, removed) {
  let got;
  try {
    got = await ask("GET", `/admin/places/${encodeURIComponent(id)}`);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    office.say(told(error), "bad");
    return;
  }
  const { cells } = got.said;
  const { made, sets } = inputs(cells, office.me.columns);
  const datum = choose(DATUMS, "wgs84");
  const reason = el("input", { required: true, maxlength: 200, placeholder: "例如：电话核实" });
  const save = el("button", { type: "submit", class: "main" }, both("保存", "Save"));
  const form = el("form", { class: "edit", autocomplete: "off", onsubmit: async (event) => {
    event.preventDefault();
    const now = changed(made, cells);
    if (!Object.keys(now).length) { office.say("没有改动 · nothing is changed"); return; }
    if ("lon" in now || "lat" in now) { now.lon = made.get("lon").value; now.lat = made.get("lat").value; }
    const done = await during(save, () => ask("PATCH", `/admin/places/${encodeURIComponent(id)}`, {
      body: { cells: now, reason: reason.value, given_in: datum.value }, headers: { "If-Match": got.etag } }));
    if (done instanceof Refused) { mark(made, done); return; }
    office.say(`已保存，第 ${done.said.commit} 次修改 · saved as commit ${done.said.commit}`, "good");
    await saved();
  } },
  el("h2", {}, cells.name || id, " ", el("small", { lang: "en" }, id)), sets,
  el("fieldset", {},
    field("新填经纬度的坐标系", "datum of what you typed", datum),
    field("缘由（写入记录）", "why, for the log", reason, { class: "wide" })),
  el("div", { class: "line" }, save, twice("移除这处点位", "Remove", async () => {
    if (!reason.reportValidity()) return;
    const done = await during(null, () => ask("DELETE", `/admin/places/${encodeURIComponent(id)}?${new URLSearchParams({ reason: reason.value })}`, { headers: { "If-Match": got.etag } }));
    if (done instanceof Refused) return;
    office.say(`已移除，可在记录中撤销 · removed; undo it in the log`, "good");
    await removed();
  }, { class: "grave" })));
  editor.replaceChildren(form);
}

function create(editor, added) {
  const blank = { kind: "base", status: "candidate", position_confidence: "none", redistributable: "false", datum: "" };
  const { made, sets } = inputs(blank, office.me.columns);
  const id = el("input", { required: true, maxlength: 64, pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]*", placeholder: "B2026-001" });
  const datum = choose(DATUMS, "gcj02");
  const reason = el("input", { required: true, maxlength: 200 });
  const save = el("button", { type: "submit", class: "main" }, both("新增", "Add"));
  editor.replaceChildren(el("form", { class: "edit", autocomplete: "off", onsubmit: async (event) => {
    event.preventDefault();
    const cells = Object.fromEntries([...made].map(([name, input]) => [name, input.value]));
    const done = await during(save, () => ask("PUT", `/admin/places/${encodeURIComponent(id.value)}`, {
      body: { cells, reason: reason.value, given_in: datum.value }, headers: { "If-None-Match": "*" } }));
    if (done instanceof Refused) { mark(made, done); return; }
    office.say(`已新增，第 ${done.said.commit} 次修改 · added as commit ${done.said.commit}`, "good");
    await added(id.value);
  } },
  el("h2", {}, both("新增点位", "A new place")),
  el("fieldset", {}, field("编号", "id", id), field("经纬度的坐标系", "datum of what you type", datum)), sets,
  el("fieldset", {}, field("缘由（写入记录）", "why, for the log", reason, { class: "wide" })),
  el("div", { class: "line" }, save)));
  editor.querySelector("input").focus();
}
