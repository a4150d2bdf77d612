// Reports of families, the log with undo, and the rebuild.

import { ask, both, button, cell, during, el, number, office, Refused, table, told, twice } from "./desk.js";
import { MISTAKES, STAGES, STATES } from "./words.js";

const POLL_MS = 1000;

async function got(path) {
  try {
    return (await ask("GET", path)).said;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    office.say(told(error), "bad");
    return null;
  }
}

export async function reports(panel) {
  const said = await got("/admin/reports?limit=500");
  if (!said) return;
  const close = async (report, state, row) => {
    const done = await during(null, () => ask("POST", `/admin/reports/${report.id}/close`, { body: { state } }));
    if (done instanceof Refused) return;
    row.remove();
    office.say("已处理 · closed", "good");
  };
  const rows = said.reports.map((report) => {
    const row = el("article", { class: "report" },
      el("b", {}, MISTAKES[report.kind] ?? report.kind), el("span", { class: "note" }, report.at_date),
      el("p", {}, report.text || "（没有文字）"),
      el("footer", { class: "line" },
        button("打开点位", "Open", () => office.open("places", report.facility_id)), button("已改正", "Done", () => close(report, "done", row)),
        button("不采纳", "Decline", () => close(report, "declined", row)), el("span", { class: "note" }, report.facility_id)));
    return row;
  });
  panel.replaceChildren(el("h2", { class: "panel-head" }, both("家庭反馈的错误", "Mistakes that families reported")),
    el("p", { class: "note" }, "每条只有日期、点位与文字，没有任何人的信息。 ", el("span", { lang: "en" }, "Each is a day, a place and a text; nothing of a person.")),
    ...(rows.length ? rows : [el("p", { class: "say" }, "没有待处理的反馈 · nothing is waiting")]));
}

const minute = (at) => at.slice(0, 16).replace("T", " ");

export async function log(panel) {
  const may = office.me.scopes.includes("edit");
  const [said, acts] = await Promise.all([got("/admin/log"), got("/admin/audit")]);
  if (!said || !acts) return;
  const rows = said.commits.map((c) => el("tr", {}, number(c.commit_id), cell(minute(c.at)), cell(c.author),
    cell(c.reason, c.source ? el("br") : "", c.source ? el("small", {}, c.source) : ""), cell(`+${c.added} ~${c.changed} −${c.removed}`),
    cell(c.facility_ids.slice(0, 4).join(" "), c.facility_ids.length > 4 ? ` … (${c.facility_ids.length})` : ""),
    cell(may && c.facility_ids.length ? twice("撤销", "Undo", async () => {
      const done = await during(null, () => ask("POST", `/admin/log/${c.commit_id}/undo`));
      if (done instanceof Refused) return;
      office.say(`已撤销，记为第 ${done.said.commit} 次修改 · undone by commit ${done.said.commit}`, "good");
      await log(panel);
    }) : "")));
  const done = acts.lines.slice(0, 200).map((a) => el("tr", {}, cell(minute(a.at)), cell(a.key || "—"), cell(a.act), number(a.status || ""),
    cell(Object.entries(a.about).map(([k, v]) => `${k} ${v}`).join(", "))));
  panel.replaceChildren(
    el("h2", { class: "panel-head" }, both("修改记录", "The registry's log")),
    table([["次", "no."], ["时间", "UTC"], ["何人", "author"], ["缘由", "reason"], ["增改删", "counts"], ["点位", "places"], ["操作", "do"]], rows, { class: "stack" }),
    el("details", {}, el("summary", {}, both("操作记录", "Audit log")),
      acts.broken_at ? el("p", { class: "say bad" }, `第 ${acts.broken_at} 行起被改动过 · tampered with from line ${acts.broken_at} on`) : el("p", { class: "note" }, "记录前后相连，未被改动 · each line is bound to the one before; none was changed"),
      table([["时间", "UTC"], ["密钥", "key"], ["操作", "act"], ["结果", "status"], ["内容", "about"]], done, { class: "stack" })));
}

export async function rebuild(panel) {
  const may = office.me.scopes.includes("rebuild");
  const box = el("div", {});
  const go = button("开始重建", "Start a rebuild", async () => {
    const begun = await during(go, () => ask("POST", "/admin/rebuilds"));
    if (!(begun instanceof Refused)) { office.say(""); await look(); }
  }, { class: "main" });
  const look = async () => {
    const said = await got("/admin/jobs");
    if (!said || !panel.contains(box)) return;
    go.disabled = said.jobs.some((job) => job.state === "running");
    box.replaceChildren(...(said.jobs.length ? said.jobs.map((job) => card(job, may, look)) : [el("p", { class: "note line" }, "服务启动以来没有重建 · none since the service was started")]));
    if (go.disabled) setTimeout(look, POLL_MS);
  };
  panel.replaceChildren(el("h2", { class: "panel-head" }, both("重建", "Rebuild")),
    el("p", { class: "note" }, "按登记库重新计算、制图并写报告；全部完成后一次换上，期间网站照常使用。 ", el("span", { lang: "en" }, "Everything is computed anew from the registry and put in place at once; until then the old one is served.")),
    may ? el("div", { class: "line" }, go) : el("p", { class: "say" }, "此密钥不能重建 · this key may not rebuild"), box);
  await look();
}

function card(job, may, look) {
  const names = Object.keys(STAGES);
  const [zh, en] = STATES[job.state];
  const runs = job.state === "running";
  return el("section", { class: "job" },
    el("h3", {}, both(zh, en)),
    el("p", { class: "note" }, `${minute(job.began)} UTC · ${job.author} · ${Math.round(job.seconds)} 秒 s`),
    runs ? el("progress", { max: job.steps, value: job.step - 0.5, "aria-label": "进度 progress" }) : "",
    runs ? el("ol", { class: "stages" }, names.map((name, i) => el("li", { class: i + 1 < job.step ? "past" : "", "aria-current": i + 1 === job.step ? "step" : null }, both(...STAGES[name])))) : "",
    runs && job.said ? el("p", { class: "note" }, job.said) : "",
    job.problem ? el("pre", {}, job.problem) : "",
    runs && may ? el("div", { class: "line" }, twice("取消", "Cancel", async () => { await during(null, () => ask("DELETE", `/admin/jobs/${job.id}`)); await look(); }, { class: "grave" })) : "");
}
