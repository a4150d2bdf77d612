// The office's page: the key is kept in a variable of this module and nowhere else.

import { ask, both, el, office, Refused, told, useKey } from "./desk.js";
import { imports } from "./imports.js";
import { log, rebuild, reports } from "./panels.js";
import { places } from "./places.js";

const TABS = {
  places: ["点位", "Places", "edit", places],
  imports: ["导入", "Import", "import", imports],
  reports: ["反馈", "Reports", "edit", reports],
  log: ["记录", "Log", "read-log", log],
  rebuild: ["重建", "Rebuild", null, rebuild],
};

const at = (id) => document.getElementById(id);
const panel = at("panel");

function say(text, mood = "") {
  at("said").textContent = text;
  at("said").className = `say ${mood}`;
}

async function open(name, wanted) {
  for (const tab of at("tabs").children) {
    tab.setAttribute("aria-selected", tab.dataset.name === name);
    tab.tabIndex = tab.dataset.name === name ? 0 : -1;
  }
  panel.setAttribute("aria-labelledby", `tab-${name}`);
  panel.replaceChildren();
  say("");
  await TABS[name][3](panel, wanted);
}

function leave(text = "") {
  useKey("", () => {});
  office.me = null;
  panel.replaceChildren();
  at("tabs").replaceChildren();
  at("desk").hidden = true;
  at("who").hidden = true;
  at("enter").hidden = false;
  at("enter-said").textContent = text;
  at("key").focus();
}

function shown(me) {
  const mine = Object.entries(TABS).filter(([name, [, , scope]]) => (!scope || me.scopes.includes(scope)) && (name !== "reports" || me.reports));
  at("tabs").replaceChildren(...mine.map(([name, [zh, en]]) => {
    const tab = el("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "panel", onclick: () => open(name) }, both(zh, en));
    tab.dataset.name = name;
    return tab;
  }));
  return mine[0][0];
}

at("tabs").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const tabs = [...at("tabs").children];
  const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
  next.focus();
  next.click();
});

at("enter").addEventListener("submit", async (event) => {
  event.preventDefault();
  const typed = at("key").value.trim();
  at("key").value = "";
  useKey(typed, () => {});
  try {
    office.me = (await ask("GET", "/admin/me")).said;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    leave(told(error));
    return;
  }
  useKey(typed, () => leave("密钥不再有效 · the key is no longer good"));
  at("enter-said").textContent = "";
  at("enter").hidden = true;
  at("who").hidden = false;
  at("name").textContent = office.me.name;
  at("desk").hidden = false;
  await open(shown(office.me));
});

at("leave").addEventListener("click", () => leave());
office.say = say;
office.open = open;
at("key").focus();
