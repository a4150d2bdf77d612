"use strict";
(function () {
  const read = (id) => JSON.parse(document.getElementById("data-" + id).textContent);
  const told = read("told"), ground = read("ground"), tiers = read("tiers"), homes = { gained: read("gained"), lost: read("lost") };
  const circles = read("circles"), [west, south, east, north] = read("bounds");
  const names = { school: ["校园", "School"], community: ["社区", "Community"], base: ["基地", "Base"] };
  const words = { gained: ["新增", "gained"], lost: ["失去", "lost"] };
  const colours = { gained: "#0a7a5c", lost: "#b3261e" };
  const at = (selector) => document.querySelector(selector);
  const make = (tag, text, about) => Object.assign(document.createElement(tag), { textContent: text || "" }, about || {});
  const english = (text) => { const e = make("span", text); e.lang = "en"; return e; };
  const whole = (n) => Math.round(n).toLocaleString("en-US");
  const range = (row, key) => whole(row[key + "_low"]) + "–" + whole(row[key + "_high"]);

  const map = L.map("map", { preferCanvas: true, zoomSnap: 0.25, attributionControl: true });
  map.attributionControl.setPrefix(false).addAttribution("© OpenStreetMap contributors");
  map.fitBounds([[south, west], [north, east]]);
  const still = { interactive: false };
  L.geoJSON(read("land"), { ...still, style: { color: ground.border, weight: 1, dashArray: "4 3", fillColor: ground.land, fillOpacity: 1 } }).eachLayer((l) => {
    const name = make("span", l.feature.properties.name);
    l.bindTooltip(() => name, { permanent: true, direction: "center", className: "place" });
  }).addTo(map);
  L.geoJSON(read("water"), { ...still, style: { stroke: false, fillColor: ground.water, fillOpacity: 1 } }).addTo(map);
  const wide = { major: 3, minor: 2, local: 1.2, plaza: 1, stairs: 1.2, path: 0.8 };
  L.geoJSON(read("streets"), { ...still, style: (f) => ({
    color: f.properties.pen === "stairs" ? ground.stairs : f.properties.pen === "path" ? ground.path : ground.casing,
    weight: wide[f.properties.pen] || 1, opacity: 0.75 }) }).addTo(map);
  const shown = L.layerGroup().addTo(map);

  const district = (tier) => told.people.find((r) => r.tier === tier && r.basis === "all" && r.cutoff_s === told.cutoff_s && r.subdistrict === "district");
  const minutes = told.cutoff_s / 60;

  at("h1").append("情景对比 · " + told.area.name_zh, english("What a scenario changes within " + minutes + " minutes on foot"));
  const kinds = { path: "步道", stairs: "梯道", lift: "电梯", escalator: "扶梯", bridge: "桥", footbridge: "人行天桥", underpass: "地下通道" };
  function said(side) {
    const v = side.variant, parts = [];
    if (v.paid) parts.push("付费连接开放 paid links open");
    for (const name of v.closed || []) parts.push("关闭 closed " + name);
    for (const name of v.opened || []) parts.push("开放 opened " + name);
    for (const l of v.link || []) parts.push((l.change === "add" ? "新增" + kinds[l.kind] + " new " + l.kind : "改变 changed") + " " + (l.name || l.id));
    for (const p of v.place || []) parts.push((p.change === "add" ? "新增点位 new place " : "改变点位 changed place ") + (p.name || p.id));
    for (const name of v.without || []) parts.push("关闭点位 closed place " + name);
    const known = ["paid", "closed", "opened", "link", "place", "without"];
    for (const key of Object.keys(v).filter((k) => !known.includes(k))) parts.push(key + " " + JSON.stringify(v[key]));
    return parts.length ? parts.join("；") : "现状 as it is";
  }
  at("#what").append(make("span", "前 before: " + said(told.before)), document.createElement("br"), make("span", "后 after: " + said(told.after)));
  at("#notes").textContent = told.notes.map((n) => n.zh + " " + n.en).join("\n");

  function draw(tier) {
    const mine = tiers.find((t) => t.id === tier);
    document.documentElement.style.setProperty("--mine", mine.colour);
    at("#tiers").querySelectorAll("button").forEach((b) => b.setAttribute("aria-pressed", String(b.value === tier)));
    shown.clearLayers();
    L.geoJSON(circles, { ...still, filter: (f) => f.properties.tier === tier, style: (f) => ({
      color: colours[f.properties.change], weight: 1, opacity: 0.5, fillColor: colours[f.properties.change], fillOpacity: 0.16,
      dashArray: f.properties.change === "lost" ? "3 3" : null }) }).addTo(shown);
    for (const change of ["gained", "lost"]) {
      for (const f of homes[change].features.filter((h) => h.properties.tier === tier)) {
        const [lon, lat] = f.geometry.coordinates, p = f.properties;
        const dot = L.circleMarker([lat, lon], { radius: 3 + Math.sqrt(p.people) / 4, color: "#fff", weight: 1.2, fillColor: colours[change], fillOpacity: 0.9 });
        const seconds = (s) => s === null ? "不通 none" : (s / 60).toFixed(1) + " min";
        dot.bindPopup(() => { const box = make("div"); box.append(make("strong", words[change][0] + " " + whole(p.people) + "人 "), english(words[change][1]),
          document.createElement("br"), seconds(p.before_s) + " → " + seconds(p.after_s)); return box; });
        dot.addTo(shown);
      }
    }
    for (const link of (told.after.variant.link || []).filter((l) => l.change === "add")) {
      L.polyline([link.from.slice().reverse(), link.to.slice().reverse()], { color: "#1f2930", weight: 5 }).addTo(shown);
    }
    const row = district(tier), sums = at("#sums");
    sums.replaceChildren(...["gained", "lost"].map((change) => {
      const box = make("div", "", { className: change }), label = make("dt", words[change][0] + "人口 "), value = make("dd");
      label.append(english("people " + words[change][1]));
      value.textContent = row ? whole(row["people_" + change]) : "0";
      value.append(make("small", row && row["people_" + change + "_high"] ? range(row, "people_" + change) : "—"));
      box.append(label, value);
      return box;
    }));
    const own = told.clusters.filter((c) => c.tier === tier).sort((a, b) => b.people - a.people).slice(0, 12);
    at("#places").replaceChildren(...own.map((c) => {
      const item = make("li"), button = make("button", "", { type: "button" });
      button.append(make("span", words[c.change][0], { className: c.change }), make("span", c.name), make("b", whole(c.people) + "人"));
      button.addEventListener("click", () => map.setView([c.lat, c.lon], 16));
      item.append(button);
      return item;
    }));
    if (!own.length) at("#places").append(make("li", "没有人得失 Nobody gains or loses"));
  }

  const entries = [["gained", "50%", "住处：进入时限内", "homes now within reach"], ["lost", "50%", "住处：落到时限外", "homes no longer within reach"],
    ["gained", "3px", "服务圈多出的地面", "ground the circles gained"], ["lost", "3px", "服务圈失去的地面", "ground the circles lost"]];
  at("#legend").append(...entries.map(([change, round, zh, en], k) => {
    const item = make("li"), sign = make("i");
    Object.assign(sign.style, { borderRadius: round, background: colours[change] + (k > 1 ? "33" : ""), border: (k === 3 ? "1px dashed " : "1px solid ") + (k > 1 ? colours[change] : "#fff") });
    item.append(sign, make("span", zh + " "), english(en));
    return item;
  }));
  at("#tiers").append(...tiers.map((t) => {
    const button = make("button", names[t.id][0], { type: "button", value: t.id });
    button.append(english(names[t.id][1]));
    button.addEventListener("click", () => draw(t.id));
    return button;
  }));
  const change = (t) => { const r = district(t.id); return r ? r.people_gained + r.people_lost : 0; };
  draw(tiers.slice().sort((a, b) => change(b) - change(a))[0].id);
  const dots = [...homes.gained.features, ...homes.lost.features].map((f) => f.geometry.coordinates.slice().reverse());
  if (dots.length) map.fitBounds(L.latLngBounds(dots).pad(0.6), { maxZoom: 16 });
})();
