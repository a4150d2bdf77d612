// Measure: straight lines between points, said to be straight. A walk in the hills is longer.
const measured = [];
const isMeasuring = () => trayOpen === 'measure';
const EARTH_M = 6371008.8;

function metresBetween(a, b) {
  const rad = Math.PI / 180;
  const h = Math.sin(((b.lat - a.lat) * rad) / 2) ** 2
    + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(((b.lon - a.lon) * rad) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.sqrt(h));
}

const measuredMetres = () => measured.slice(1).reduce((sum, point, i) => sum + metresBetween(measured[i], point), 0);
const lengthText = (m) => (m < 1000 ? t('metres', { n: number(m) }) : t('kilometres', { n: number(m / 1000, 2) }));

function measuredChanged() {
  fillTray();
  signs.repaint();
  if (measured.length > 1) say(`${t('straight_line')} ${lengthText(measuredMetres())}`);
}

function measurePoint({ lat, lng }) {
  measured.push({ lat, lon: lng, x: worldX(lng), y: worldY(lat) });
  measuredChanged();
}

function dropPoint(all) {
  measured.length = all ? 0 : Math.max(0, measured.length - 1);
  measuredChanged();
}

function measureBody() {
  const length = measuredMetres();
  const least = meta.flat_mps && measured.length > 1 ? number(length / meta.flat_mps / 60, 1) : null;
  return [
    note(t('measure_hint')),
    measured.length > 1 ? facts([[t('straight_line'), lengthText(length)], [t('walk_least'), least && t('at_least_minutes', { n: least })]]) : null,
    measured.length > 1 ? note(t(least ? 'measure_note' : 'measure_note_plain', { speed: number((meta.flat_mps ?? 0) * 3.6, 1) })) : null,
    el('p', { class: 'buttons' },
      el('button', { type: 'button', onclick: () => measurePoint(map.getCenter()) }, t('measure_middle')),
      el('button', { type: 'button', disabled: !measured.length, onclick: () => dropPoint(false) }, t('measure_back')),
      el('button', { type: 'button', disabled: !measured.length, onclick: () => dropPoint(true) }, t('measure_clear'))),
  ];
}

addTray('measure', {
  fill: measureBody,
  open: () => document.body.classList.add('measuring'),
  close: () => { document.body.classList.remove('measuring'); measured.length = 0; signs.repaint(); },
});

function paintMeasured(frame) {
  if (!isMeasuring()) return;
  const { ctx } = frame;
  const trace = (width, colour, dash) => {
    ctx.beginPath();
    measured.forEach((p, i) => (i ? ctx.lineTo(frame.x(p.x), frame.y(p.y)) : ctx.moveTo(frame.x(p.x), frame.y(p.y))));
    ctx.lineWidth = width;
    ctx.strokeStyle = colour;
    ctx.setLineDash(dash);
    ctx.stroke();
    ctx.setLineDash([]);
  };
  trace(6, '#ffffffd8', []);
  trace(2.4, STYLE.theme.selected, [8, 5]);
  for (const p of measured) disc(ctx, frame.x(p.x), frame.y(p.y), 4.5, STYLE.theme.selected, '', { hollow: true });
  const last = measured[measured.length - 1];
  if (measured.length > 1) {
    lettering(frame).write([[lengthText(measuredMetres()), `700 13px ${STYLE.fonts.sans}`, STYLE.theme.selected]], frame.x(last.x), frame.y(last.y) - 20, { halo: 4, force: true });
  }
}
