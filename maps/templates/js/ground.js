// The base map, from the land up to the bridges. Streets grow with the zoom; stairs wear a ladder.
const base = read('base');
const G = STYLE.ground;
const STOREYS = ['tunnel', 'ground', 'bridge'];

const ways = {};
for (const [pen, byStorey] of Object.entries(base.ways)) {
  ways[pen] = {};
  for (const [storey, texts] of Object.entries(byStorey)) ways[pen][storey] = pathOf(texts, false);
}
const groundPaths = {
  land: pathOf(base.land, true),
  water: pathOf(base.water, true),
  borders: pathOf(base.borders, false),
  buildings: pathOf(base.buildings, true),
  rails: Object.fromEntries(Object.entries(base.rails).map(([pen, texts]) => [pen, pathOf(texts, false)])),
};

function penWidth(pen, zoom) {
  const [width, growth, first] = STYLE.streets[pen];
  return zoom < first ? 0 : Math.max(width * growth ** (zoom - 14), 0.4);
}

function stroke(frame, path, colour, width, dash = [], cap = 'round') {
  if (!path || !width) return;
  const { ctx } = frame;
  ctx.strokeStyle = colour;
  ctx.lineWidth = frame.px(width);
  ctx.lineCap = cap;
  ctx.setLineDash(dash.map(frame.px));
  ctx.stroke(path);
  ctx.setLineDash([]);
}

function paintLand(frame) {
  frame.world((ctx) => {
    stroke(frame, groundPaths.land, `${G.boundaryBand}14`, 14);
    ctx.fillStyle = G.land;
    ctx.fill(groundPaths.land);
    ctx.fillStyle = G.water;
    ctx.fill(groundPaths.water);
    ctx.save();
    ctx.clip(groundPaths.water);
    for (const [width, alpha] of [[26, '16'], [15, '1c'], [7, '26']]) stroke(frame, groundPaths.water, G.shore + alpha, width);
    ctx.restore();
    stroke(frame, groundPaths.water, G.shore, 0.9);
  });
}

function paintBuildings(frame) {
  if (!state.buildings || frame.zoom < 13.4) return;
  frame.world((ctx) => {
    ctx.fillStyle = G.building;
    ctx.fill(groundPaths.buildings);
    if (frame.zoom >= 15.5) stroke(frame, groundPaths.buildings, G.buildingEdge, 0.8);
  });
}

function paintStorey(frame, storey) {
  const { zoom } = frame;
  const pens = ['service', 'plaza', 'local', 'minor', 'major'];
  const casing = storey === 'bridge' ? G.bridgeCasing : G.casing;
  const dash = storey === 'tunnel' ? [4, 3] : [];
  for (const pen of pens) {
    const width = penWidth(pen, zoom);
    if (width) stroke(frame, ways[pen]?.[storey], casing, width + (storey === 'bridge' ? 2 : 1.2), dash, storey === 'ground' ? 'round' : 'butt');
  }
  for (const pen of pens) {
    const width = penWidth(pen, zoom);
    const colour = storey === 'tunnel' ? G.tunnel : G.street;
    if (width > 0.5) stroke(frame, ways[pen]?.[storey], colour, width, [], storey === 'ground' ? 'round' : 'butt');
  }
}

function paintFootways(frame) {
  const { zoom } = frame;
  const path = penWidth('path', zoom);
  if (path) for (const storey of STOREYS) stroke(frame, ways.path?.[storey], G.path, path, zoom < 16 ? [2, 1.6] : [4, 2.6], 'butt');
  const stairs = penWidth('stairs', zoom);
  if (!stairs) return;
  for (const storey of STOREYS) {
    const line = ways.stairs?.[storey];
    if (zoom < 15.2) stroke(frame, line, G.stairs, Math.max(stairs, 1), [1.6, 1], 'butt');
    else {
      stroke(frame, line, G.halo, stairs + 2, [], 'butt');
      stroke(frame, line, G.stairs, stairs + 0.8, [1.1, 1.9], 'butt');
    }
  }
}

function paintRails(frame) {
  if (!state.rails) return;
  const { rail, metro, tunnel } = groundPaths.rails;
  const wide = Math.max(1.4, 1.6 * 1.25 ** (frame.zoom - 14));
  stroke(frame, tunnel, `${G.metro}99`, wide * 0.8, [wide * 2.2, wide * 2.2], 'butt');
  stroke(frame, rail, G.rail, wide + 0.6);
  stroke(frame, rail, G.railGap, wide - 0.5, [7, 7], 'butt');
  stroke(frame, metro, G.halo, wide + 2);
  stroke(frame, metro, G.metro, wide);
}

function paintStreets(frame) {
  frame.world(() => {
    paintStorey(frame, 'tunnel');
    paintStorey(frame, 'ground');
    paintFootways(frame);
    paintStorey(frame, 'bridge');
    paintRails(frame);
  });
}

function paintBorders(frame) {
  frame.world(() => {
    if (state.borders) {
      stroke(frame, groundPaths.borders, `${G.halo}aa`, 2.6, [], 'butt');
      stroke(frame, groundPaths.borders, G.border, 1.1, [7, 2.5, 1.5, 2.5], 'butt');
    }
    stroke(frame, groundPaths.land, `${G.boundary}cc`, 1.5, [10, 3, 2, 3], 'butt');
  });
}
