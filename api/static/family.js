// Bases by the JSON API: first all of them, then, with a position, those within 15 minutes on foot.
const list = document.getElementById("places");
const status = document.getElementById("status");

function show(rows) {
  list.replaceChildren(...rows.map(([name, about]) => {
    const item = document.createElement("li");
    const title = document.createElement("b");
    const text = document.createElement("span");
    title.textContent = name;
    text.textContent = about;
    item.append(title, text);
    return item;
  }));
}

async function ask(url, options) {
  const response = await fetch(url, options);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail);
  return answer;
}

async function all() {
  const answer = await ask("/collections/facilities/items?kind=base&limit=1000");
  show(answer.features.map(({ properties: p }) => [p.name, [p.category_zh, p.address].filter(Boolean).join(" · ")]));
}

async function near({ coords }) {
  const round = (degrees) => Number(degrees.toFixed(4)); // about 10 m
  const body = { lon: round(coords.longitude), lat: round(coords.latitude), kind: ["base"] };
  const headers = { "Content-Type": "application/json" };
  const answer = await ask("/nearest", { method: "POST", headers, body: JSON.stringify(body) });
  status.textContent = `15分钟内 ${answer.places.length} 处`;
  show(answer.places.map((p) => [p.name, `${Math.ceil(p.seconds_there / 60)} 分钟 · ${Math.round(p.metres)} 米`]));
}

const complain = (error) => { status.textContent = error.message; };

document.getElementById("here").addEventListener("click", () => {
  status.textContent = "正在定位";
  navigator.geolocation.getCurrentPosition((found) => near(found).catch(complain), complain);
});
all().catch(complain);
