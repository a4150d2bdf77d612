// The heights along a route, drawn as it is walked; where none are known, what each leg climbs and descends.
const CHART = { width: 308, height: 128, left: 32, right: 8, top: 26, bottom: 20 };
const TICKS = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000];

/** svg('path', {d}): as el, for pictures. */
function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.flat(9).filter(Boolean).map((c) => (c instanceof Node ? c : String(c))));
  return node;
}

function ticksOf(low, high, most) {
  const step = TICKS.find((s) => (high - low) / s < most) ?? TICKS[TICKS.length - 1];
  return Array.from({ length: Math.max(0, Math.floor(high / step) - Math.ceil(low / step) + 1) }, (_, i) => (Math.ceil(low / step) + i) * step);
}

function chartOf(far, low, high) {
  const { width, height, left, right, top, bottom } = CHART;
  return {
    x: (metres) => left + (metres / Math.max(far, 1)) * (width - left - right),
    y: (value) => height - bottom - ((value - low) / (high - low)) * (height - top - bottom),
  };
}

function gridOf({ x, y }, far, values) {
  const { width, height, left, right, bottom } = CHART;
  const base = height - bottom;
  return svg('g', { class: 'grid' },
    values.map((v) => [svg('line', { x1: left, x2: width - right, y1: y(v), y2: y(v) }), svg('text', { x: left - 5, y: y(v) + 4, 'text-anchor': 'end' }, String(v).replace('-', '−'))]),
    svg('line', { class: 'axis', x1: left, x2: width - right, y1: base, y2: base }),
    ticksOf(0, far, 6).map((m) => svg('text', { x: x(m), y: base + 14, 'text-anchor': 'middle' }, m / 1000)),
    svg('text', { x: left - 5, y: base + 14, 'text-anchor': 'end' }, 'km'));
}

/** Numbers of the stops over the chart, apart from each other, each on a line down to where it is. */
function stopsOver(marks, colour) {
  let last = -Infinity;
  const at = marks.map(([x]) => (last = Math.max(x, last + 17)));
  let room = CHART.width - 8;
  for (let i = at.length - 1; i >= 0; i -= 1) room = (at[i] = Math.min(at[i], room)) - 17;
  return marks.map(([x, y, seq], i) => svg('g', {},
    svg('path', { d: `M${at[i]} 10L${x} 22V${y}`, stroke: colour, 'stroke-width': 0.8, fill: 'none' }),
    svg('circle', { cx: at[i], cy: 10, r: 8, fill: colour }),
    svg('text', { class: 'seq', x: at[i], y: 14, 'text-anchor': 'middle' }, seq)));
}

function profileChart(route) {
  const colour = routeColour(route);
  const legs = route.heights.map(([start, end, flat]) => ({ start, end, points: Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]) }));
  const all = legs.flatMap((leg) => leg.points);
  const far = Math.max(...all.map(([m]) => m));
  const [least, most] = [Math.min(...all.map(([, h]) => h)), Math.max(...all.map(([, h]) => h))];
  const half = Math.max(most - least, 25) * 0.56;
  const [low, high] = [(least + most) / 2 - half, (least + most) / 2 + half];
  const chart = chartOf(far, low, high);
  const marks = new Map();
  for (const leg of legs) {
    const [first, last] = [leg.points[0], leg.points[leg.points.length - 1]];
    marks.set(leg.start, [chart.x(first[0]), chart.y(first[1]), leg.start]);
    marks.set(leg.end, [chart.x(last[0]), chart.y(last[1]), leg.end]);
  }
  const base = CHART.height - CHART.bottom;
  return frameChart(t('profile_label', { name: route.name, low: number(least), high: number(most) }),
    gridOf(chart, far, ticksOf(low, high, 4)),
    legs.map((leg) => {
      const line = leg.points.map(([m, h]) => `${chart.x(m).toFixed(1)} ${chart.y(h).toFixed(1)}`).join('L');
      const [from, to] = [leg.points[0][0], leg.points[leg.points.length - 1][0]];
      return [svg('path', { d: `M${line}L${chart.x(to).toFixed(1)} ${base}H${chart.x(from).toFixed(1)}Z`, fill: colour, 'fill-opacity': 0.15 }),
        svg('path', { d: `M${line}`, fill: 'none', stroke: colour, 'stroke-width': 1.8, 'stroke-linejoin': 'round' })];
    }),
    stopsOver([...marks.values()], colour));
}

function climbChart(route) {
  const colour = routeColour(route);
  const legs = route.legList.filter((leg) => leg.metres);
  const far = legs.reduce((sum, leg) => sum + leg.metres, 0);
  const half = Math.max(12, ...legs.flatMap((leg) => [leg.ascent ?? 0, leg.descent ?? 0])) * 1.4;
  const chart = chartOf(far, -half, half);
  const marks = [[chart.x(0), chart.y(0), legs[0].start]];
  let at = 0;
  const bars = legs.map((leg) => {
    const [left, right] = [chart.x(at) + 1.5, chart.x(at += leg.metres) - 1.5];
    marks.push([chart.x(at), chart.y(0), leg.end]);
    return [[leg.ascent, 1], [leg.descent, -1]].filter(([v]) => v !== null).map(([value, sign]) => {
      const [top, bottom] = [chart.y(Math.max(0, sign * value)), chart.y(Math.min(0, sign * value))];
      return [svg('rect', { x: left, width: Math.max(0.5, right - left), y: top, height: bottom - top, fill: colour, 'fill-opacity': sign > 0 ? 0.75 : 0.3 }),
        svg('text', { x: (left + right) / 2, y: sign > 0 ? top - 3 : bottom + 11, 'text-anchor': 'middle' }, `${sign > 0 ? '+' : '−'}${number(value)}`)];
    });
  });
  return frameChart(t('climbs_label', { name: route.name }), gridOf(chart, far, [0]), bars, stopsOver(marks, colour));
}

const frameChart = (label, ...parts) =>
  svg('svg', { class: 'heights', viewBox: `0 0 ${CHART.width} ${CHART.height}`, role: 'img', 'aria-label': label }, parts);

/** The figure of a route with what it is; nothing where no leg was walked. */
function heightsOf(route) {
  if (route.heights.length) return [el('h3', {}, t('profile_title')), profileChart(route)];
  if (route.legList.some((leg) => leg.metres && leg.ascent !== null)) return [el('h3', {}, t('climbs_title')), climbChart(route), note(t('climbs_note'))];
  return null;
}
