// What the panels share: asking with the key, and elements made of text, never of markup.

let key = "";
let leave = () => {};

export const office = { me: null, open: () => {}, say: () => {} };

export function useKey(typed, onRefused) {
  key = typed;
  leave = onRefused;
}

export class Refused extends Error {
  constructor(status, problem, headers) {
    super(problem.detail || problem.title || `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
    this.headers = headers;
  }
}

export async function ask(method, path, { body, file, headers = {} } = {}) {
  const sent = { Authorization: `Bearer ${key}`, ...headers };
  if (body !== undefined) sent["Content-Type"] = "application/json";
  if (file) sent["Content-Type"] = "application/octet-stream";
  let answer;
  try {
    answer = await fetch(path, {
      method, headers: sent, body: file || (body === undefined ? undefined : JSON.stringify(body)),
      cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer",
    });
  } catch {
    throw new Refused(0, { detail: "连不上服务 The service cannot be reached" }, new Headers());
  }
  const said = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
  if (answer.ok) return { said, etag: answer.headers.get("ETag"), at: answer.headers.get("Location") };
  if (answer.status === 401) leave();
  throw new Refused(answer.status, said, answer.headers);
}

const WORDS = {
  0: "连不上服务", 401: "密钥无效", 403: "此密钥无此权限", 404: "没有这一项", 409: "与现有内容冲突", 412: "有人在此期间改动过，请重新打开后再改",
  413: "文件太大", 422: "内容有误", 428: "缺少版本号", 429: "错误密钥过多，请十分钟后再试", 503: "正忙，请稍后再试",
};

export function told(error) {
  const zh = WORDS[error.status] ?? (error.status >= 500 ? "服务出错" : "出错了");
  return `${zh}。${error.message}`;
}

export function el(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.className = value;
    else if (name === "value") made.value = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== ""));
  return made;
}

export const both = (zh, en) => [`${zh} `, el("small", { lang: "en" }, en)];

export const button = (zh, en, onclick, given = {}) => el("button", { type: "button", onclick, ...given }, both(zh, en));

export function field(zh, en, input, given = {}) {
  return el("label", given, both(zh, en), input);
}

export function choose(options, chosen, given = {}) {
  const select = el("select", given, options.map(([value, text]) => el("option", { value }, text)));
  select.value = chosen;
  return select;
}

export function table(heads, rows, given = {}) {
  for (const row of rows) [...row.children].forEach((one, i) => { one.dataset.label = heads[i][0]; });
  const head = el("tr", {}, heads.map(([zh, en]) => el("th", { scope: "col" }, both(zh, en))));
  return el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": heads.map(([zh]) => zh).join(" ") },
    el("table", { class: `plain ${given.class ?? ""}` }, el("thead", {}, head), el("tbody", {}, rows)));
}

export const cell = (...children) => el("td", {}, ...children);
export const number = (value) => el("td", { class: "number" }, value === null || value === undefined ? "—" : String(value));

export function faults(list) {
  const rows = list.map((f) => el("tr", {},
    cell(f.facility_id ?? (f.row ? `行 ${f.row}` : "—")), cell(f.column ?? "—"), cell(f.value ?? "—"), cell(f.problem), cell(f.remedy)));
  return table([["位置", "where"], ["栏", "column"], ["内容", "value"], ["问题", "problem"], ["办法", "remedy"]], rows, { class: "stack" });
}

// A second press within a few seconds: no dialog to click away unread.
export function twice(zh, en, act, given = {}) {
  let armed = 0;
  const made = button(zh, en, () => {
    if (Date.now() < armed) return act();
    armed = Date.now() + 4000;
    made.replaceChildren(...both("再按一次确认", "Press again"));
    setTimeout(() => made.replaceChildren(...both(zh, en)), 4000);
    return undefined;
  }, given);
  return made;
}

export async function during(pressed, work, doing = "正在处理… · one moment") {
  if (pressed) pressed.disabled = true;
  office.say(doing);
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    office.say(told(error), "bad");
    return error;
  } finally {
    if (pressed) pressed.disabled = false;
  }
}
