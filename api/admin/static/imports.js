// Try a list, see what it would change, decide, carry it out.

import { ask, both, button, cell, choose, during, el, faults, field, number, office, Refused, table } from "./desk.js";
import { CHANGES, CONFIDENCES, DATUMS, KINDS, LABELS, STATUSES } from "./words.js";

const SHOWN = 200;
const VERDICTS = {
  supported: ["坐标系与所选相符", "the coordinates agree with the chosen datum"],
  weak: ["单凭这些坐标无法判断坐标系", "these coordinates alone do not tell the datum"],
  contradicted: ["坐标系与所选不符", "the coordinates contradict the chosen datum"],
};

export async function imports(panel) {
  const file = el("input", { type: "file", required: true, accept: ".csv,.tsv,.txt,.xlsx,.xlsm,.xls,.ods" });
  const kind = choose(KINDS, "base");
  const datum = choose(DATUMS, "gcj02");
  const status = choose(STATUSES, "candidate");
  const position = choose(CONFIDENCES.slice(0, -1), "address");
  const source = el("input", { maxlength: 200, placeholder: "不填则用文件名" });
  const sheet = el("input", { maxlength: 100, placeholder: "不填则用第一个" });
  const complete = el("input", { type: "checkbox" });
  const result = el("div", {});
  const go = el("button", { type: "submit", class: "main" }, both("试运行", "Dry run"));
  const form = el("form", { class: "edit", autocomplete: "off", onsubmit: async (event) => {
    event.preventDefault();
    const list = file.files[0];
    const words = new URLSearchParams({ name: list.name, kind: kind.value, datum: datum.value, status: status.value, position: position.value, complete: complete.checked });
    if (source.value) words.set("source", source.value);
    if (sheet.value) words.set("sheet", sheet.value);
    result.replaceChildren();
    const tried = await during(go, () => ask("POST", `/admin/imports?${words}`, { file: list }), "正在读取与比对，可能要半分钟… · reading and comparing, half a minute perhaps");
    if (tried instanceof Refused) {
      if (tried.problem.errors) result.replaceChildren(el("h2", { class: "panel-head" }, both(`${tried.problem.faults} 个问题，未导入任何内容`, "faults; nothing was imported")), faults(tried.problem.errors));
      return;
    }
    office.say("试运行完成，尚未写入 · a dry run: nothing is written yet", "good");
    show(result, tried);
  } },
  el("h2", {}, both("导入清单", "Import a list")),
  el("fieldset", {},
    field("文件（CSV、xlsx、xls、ods）", "file", file, { class: "wide" }),
    field("种类", "kind", kind), field("坐标系", "datum of its coordinates", datum),
    field("状态", "status", status), field("坐标精确到", "its coordinates are good for", position),
    field("来源", "who says so", source), field("工作表", "sheet", sheet),
    el("label", { class: "check wide" }, complete, el("span", {}, both("清单完整：移除未列出的同类点位", "complete: take out what it does not name")))),
  el("div", { class: "line" }, go));
  panel.replaceChildren(el("div", { class: "line" }), form, result);
}

function show(result, tried) {
  const { plan } = tried.said;
  const decided = new Map();
  const counts = el("div", { class: "figures-line" }, Object.entries(CHANGES).map(([word, [zh, en]]) => el("div", {}, el("b", {}, String(plan.counts[word] ?? 0)), el("span", {}, `${zh} ${en}`))));
  const reason = el("input", { maxlength: 200, placeholder: "不填则写“import of …”" });
  const carry = button("确认导入", "Import", async () => {
    const done = await during(carry, () => ask("POST", `/admin/imports/${tried.said.id}`, {
      body: { decisions: [...decided.values()], reason: reason.value }, headers: { "If-Match": tried.etag } }));
    if (done instanceof Refused) {
      if (done.problem.errors) result.prepend(faults(done.problem.errors));
      return;
    }
    const { commit } = done.said;
    result.replaceChildren(commit ? el("p", { class: "line" }, button("看记录，可撤销", "See the log, or undo", () => office.open("log"))) : "");
    office.say(commit ? `已导入，第 ${commit} 次修改 · imported as commit ${commit}` : "没有变化 · nothing changes", "good");
  }, { class: "main" });
  const open = new Set(plan.undecided.map((pair) => pair.row));
  const ready = () => { carry.disabled = [...open].some((row) => !settled(plan.undecided, decided, row)); };
  result.replaceChildren(
    el("h2", { class: "panel-head" }, both("将会改变", "What would change")), counts,
    plan.datum ? el("p", { class: "note" }, both(...(VERDICTS[plan.datum.verdict] ?? [plan.datum.verdict, "datum"]))) : "",
    plan.notes.map((note) => el("p", { class: "note" }, note)),
    plan.untaken.length ? el("p", { class: "note" }, `未采用的列 columns not taken: ${plan.untaken.join("、")}`) : "",
    plan.undecided.length ? el("h2", { class: "panel-head" }, both(`${open.size} 行疑似已有点位，请逐行决定`, "rows look like known places: decide")) : "",
    plan.undecided.length ? undecided(plan.undecided, decided, ready) : "",
    changes(plan.changes.filter((change) => change.change !== "gone"), "逐项差异", "Difference, cell by cell", true),
    changes(plan.changes.filter((change) => change.change === "gone"), "清单未列出、仍保留的点位", "Not named by the list, and kept", false),
    plan.found.length ? found(plan.found) : "",
    el("div", { class: "line" }, field("缘由（写入记录）", "why, for the log", reason, { class: "grow" }), carry,
      button("放弃", "Drop", async () => { await during(null, () => ask("DELETE", `/admin/imports/${tried.said.id}`)); result.replaceChildren(); office.say(""); })));
  ready();
}

// Merged with one of the places, or new beside all of them.
function settled(pairs, decided, row) {
  const own = pairs.filter((pair) => pair.row === row).map((pair) => decided.get(`${pair.row} ${pair.facility_id}`)?.decision);
  return own.includes("merge") || own.every((word) => word === "new");
}

function undecided(pairs, decided, ready) {
  const rows = pairs.map((pair) => {
    const name = `${pair.row} ${pair.facility_id}`;
    const option = (word, zh, en) => el("label", {}, el("input", { type: "radio", name, onchange: () => {
      decided.set(name, { row: pair.row, facility_id: pair.facility_id, decision: word });
      ready();
    } }), el("span", {}, both(zh, en)));
    return el("tr", {}, cell(`行 ${pair.row} `, el("b", {}, pair.name), el("br"), pair.address || "—"),
      cell(el("b", {}, pair.known_name), ` ${pair.facility_id}`, el("br"), pair.known_address || "—"),
      cell(pair.evidence_zh, el("br"), el("small", { lang: "en" }, pair.evidence_en)),
      cell(el("div", { class: "choice" }, option("merge", "同一处", "the same"), option("new", "另一处", "another"))));
  });
  return table([["清单", "list"], ["登记库", "registry"], ["依据", "evidence"], ["决定", "decision"]], rows, { class: "stack" });
}

function changes(list, titleZh, titleEn, open) {
  if (!list.length) return "";
  const rows = list.slice(0, SHOWN).map((change) => {
    const [zh, en] = CHANGES[change.change] ?? [change.change, ""];
    const column = change.column ? LABELS[change.column] ?? [change.column, ""] : ["", ""];
    return el("tr", {}, cell(both(zh, en)), cell(el("b", {}, change.name ?? ""), ` ${change.facility_id}`), change.row ? number(change.row) : cell(), cell(column[0] ? both(...column) : ""),
      cell(change.before ? el("del", {}, change.before) : "", change.before && change.after ? " → " : "", change.after ? el("ins", {}, change.after) : "",
        change.moved_m ? ` ${Math.round(change.moved_m)} 米 m` : ""));
  });
  const more = list.length > SHOWN ? el("p", { class: "note" }, `显示前 ${SHOWN} 行 · first ${SHOWN} of ${list.length}`) : "";
  return el("details", { open }, el("summary", {}, both(`${titleZh}（${list.length}）`, titleEn)),
    table([["变化", "change"], ["点位", "place"], ["行", "row"], ["栏", "column"], ["内容", "before → after"]], rows, { class: "stack" }), more);
}

function found(list) {
  const rows = list.slice(0, SHOWN).map((row) => el("tr", {}, number(row.row), cell(row.name), cell((CONFIDENCES.find(([id]) => id === row.confidence) ?? ["", row.confidence])[1]), cell(row.how)));
  return el("details", {}, el("summary", {}, both("由地址推定的位置", "Positions found by address")), table([["行", "row"], ["名称", "name"], ["可信度", "confidence"], ["依据", "how"]], rows, { class: "stack" }));
}
