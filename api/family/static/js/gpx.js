// A way as GPX 1.1, written on the phone.
const escaped = (text) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`).replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '');

/** The text of a file with one track. */
export function gpx(name, note, line) {
  const points = line.map(([lon, lat]) => `<trkpt lat="${lat.toFixed(6)}" lon="${lon.toFixed(6)}"/>`);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<gpx version="1.1" creator="servicecircle" xmlns="http://www.topografix.com/GPX/1/1">',
    `<metadata><name>${escaped(name)}</name><desc>${escaped(note)}</desc></metadata>`,
    `<trk><name>${escaped(name)}</name><trkseg>`, ...points, '</trkseg></trk></gpx>', '',
  ].join('\n');
}

/** A name that every phone can keep a file under. */
export const fileName = (name) => `${name.replace(/[\\/:*?"<>|\s]+/g, '-').slice(0, 60) || 'way'}.gpx`;
