// Results as areas and lines: circles of a tier, shares, gaps, the chosen place's circles, routes.
const alpha = (colour, share) => colour + Math.round(share * 255).toString(16).padStart(2, '0');

/** Hatching that keeps its width at every zoom. */
function hatch(frame, colour, gap = 7, slope = 1) {
  const tile = document.createElement('canvas');
  tile.width = tile.height = gap * 2;
  const pen = tile.getContext('2d');
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  pen.beginPath();
  for (const shift of [-2, -1, 0, 1, 2]) {
    const x = shift * gap * 2;
    pen.moveTo(x, slope > 0 ? gap * 2 : 0);
    pen.lineTo(x + gap * 2, slope > 0 ? 0 : gap * 2);
  }
  pen.stroke();
  const pattern = frame.ctx.createPattern(tile, 'repeat');
  pattern.setTransform(new DOMMatrix([0.5 / frame.k, 0, 0, 0.5 / frame.k, 0, 0]));
  return pattern;
}

const TINT = 0.2;
/** Near to, the streets and houses under the tint matter more than the tint. */
const tintAt = (zoom) => (zoom < 15 ? TINT : Math.max(0.085, TINT * (0.75 - 0.13 * (zoom - 15))));

/** Nested circles, tint over tint: the shortest walk is the deepest. */
function paintNested(frame, paths, colour, edges) {
  frame.world((ctx) => {
    paths.forEach((path, i) => {
      ctx.fillStyle = alpha(colour, tintAt(frame.zoom));
      ctx.fill(path);
      if (edges) stroke(frame, path, alpha(colour, i === 0 ? 0.75 : 0.4), i === 0 ? 1.3 : 0.8);
    });
  });
}

/** Largest first, so that the shortest walk is the deepest tint. */
const cutoffsShown = () => CUTOFFS.filter((c) => c <= state.cutoff).sort((a, b) => b - a);

function paintUnions(frame) {
  const paths = cutoffsShown().map((c) => UNIONS.get(`${state.tier} ${state.basis} ${c}`)?.()).filter(Boolean);
  paintNested(frame, paths, STYLE.tiers[state.tier].colour, frame.zoom >= 14.9);
}

function shareColour(share) {
  const steps = STYLE.theme.shares;
  return steps[Math.min(steps.length - 1, Math.floor(share * steps.length))];
}

function paintCoverage(frame) {
  frame.world((ctx) => {
    ctx.save();
    for (const place of SUBDISTRICTS) {
      const row = coverageOf(place.code);
      const known = row && !row.unknown && row.share !== null;
      ctx.fillStyle = known ? alpha(shareColour(row.share), 0.85) : hatch(frame, alpha(STYLE.theme.unknown, 0.55), 8, -1);
      ctx.fill(place.path);
    }
    ctx.restore();
    ctx.fillStyle = alpha(G.water, 0.9);
    ctx.fill(groundPaths.water);
  });
}

const lightOf = (code) => LIGHTS[code]?.light ?? 'grey';

/** Green, yellow, red; grey is hatched: nobody graded it. */
function paintLights(frame) {
  frame.world((ctx) => {
    for (const place of SUBDISTRICTS) {
      const light = lightOf(place.code);
      const chosen = state.selected?.type === 'light' && state.selected.code === place.code;
      ctx.fillStyle = light === 'grey' ? hatch(frame, alpha(STYLE.theme.unknown, 0.55), 8, -1) : alpha(STYLE.theme.light[light], 0.6);
      ctx.fill(place.path);
      if (chosen) stroke(frame, place.path, STYLE.theme.selected, 2.4);
    }
    ctx.fillStyle = alpha(G.water, 0.9);
    ctx.fill(groundPaths.water);
  });
}

/** Its subdistrict has a place without a position: nobody knows yet whether this is a gap. */
const isUnknownGap = (gap) => gap.cause === 'unlocated_place';
const gapColour = (gap) => STYLE.theme.cause[gap.cause] ?? STYLE.theme.gap;
const gapsOfTier = () => GAPS.filter((g) => !state.gapTier || g.tier === state.gapTier);
const gapsShown = () => gapsOfTier().filter((g) => !state.causesOff.has(g.cause));

function paintGaps(frame) {
  frame.world((ctx) => {
    for (const gap of gapsShown()) {
      const chosen = state.selected?.type === 'gap' && state.selected.index === gap.index;
      const colour = gapColour(gap);
      ctx.fillStyle = alpha(colour, chosen ? 0.24 : 0.1);
      ctx.fill(gap.path);
      ctx.fillStyle = hatch(frame, alpha(colour, 0.5), 7, isUnknownGap(gap) ? -1 : 1);
      ctx.fill(gap.path);
      stroke(frame, gap.path, colour, chosen ? 2.4 : 1, isUnknownGap(gap) && !chosen ? [4, 3] : []);
    }
  });
}

/** Candidate links: all where the layer is on, a chosen gap's own in any case. */
const missingOf = (gap) => MISSING.find((m) => m.link_id === gap.link_id && m.tier === gap.tier);
function missingShown() {
  const found = state.selected;
  if (state.missing) return MISSING.filter((m) => !focusTier() || m.tier === focusTier() || (found?.type === 'missing' && found.index === m.index));
  if (found?.type === 'missing') return [MISSING[found.index]];
  const own = found?.type === 'gap' && GAPS[found.index].link_id ? missingOf(GAPS[found.index]) : null;
  return own ? [own] : [];
}

function paintMissing(frame) {
  frame.world(() => {
    for (const link of missingShown()) {
      stroke(frame, link.path, '#ffffff', 7);
      stroke(frame, link.path, STYLE.theme.missing, 3.6, [5, 4], 'butt');
    }
  });
}

const showsAreas = () => !['none', 'ledger'].includes(state.theme) || state.selected?.type === 'place';

function paintTheme(frame) {
  if (state.selected?.type === 'place' && hasCircles(state.selected.index)) return; // the chosen place's circles stand alone
  if (state.theme === 'unions') paintUnions(frame);
  else if (state.theme === 'coverage') paintCoverage(frame);
  else if (state.theme === 'gaps') paintGaps(frame);
  else if (state.theme === 'lights') paintLights(frame);
}

const routeColour = (route) => STYLE.theme.route[route.theme] ?? STYLE.theme.routeOther;

const isChosenRoute = (route) => ['route', 'stop'].includes(state.selected?.type) && state.selected.index === route.index;
/** Many proposed routes at once are thin lines without numbers: the published ones stay in front. */
const showsStops = (route) => !route.proposed || isChosenRoute(route);

function paintRoutes(frame) {
  const shown = [...state.routes].map((index) => ROUTES[index]);
  const rank = (route) => 2 * isChosenRoute(route) + !route.proposed;
  frame.world(() => {
    for (const route of shown.sort((a, b) => rank(a) - rank(b))) {
      const colour = routeColour(route);
      if (!showsStops(route)) {
        stroke(frame, route.path, alpha(colour, 0.5), 1.5, [4, 3]);
        continue;
      }
      stroke(frame, route.path, '#ffffff', 6.5);
      stroke(frame, route.path, colour, isChosenRoute(route) ? 4.2 : 3.4, ...(route.proposed ? [[8, 4], 'butt'] : []));
    }
  });
}

function paintGround(frame) {
  paintLand(frame);
  paintBuildings(frame);
  paintTheme(frame);
  paintOwnCircles(frame);
  paintStreets(frame);
  paintBorders(frame);
  paintRoutes(frame);
  paintMissing(frame);
}
