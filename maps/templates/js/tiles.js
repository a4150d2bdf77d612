// Basemaps of the web, where the page was made with them: off until chosen, never needed.
const shownTiles = [];

function showTiles() {
  const wanted = TILES.find((b) => b.id === state.web);
  while (shownTiles.length) shownTiles.pop().remove();
  for (const url of wanted?.urls ?? []) shownTiles.push(L.tileLayer(url, { maxNativeZoom: wanted.max_zoom, maxZoom: 19, referrerPolicy: 'no-referrer' }).addTo(map));
}

function tilesChoice() {
  if (!TILES.length) return null;
  return [choice(t('web_title'), [[null, t('web_none')], ...TILES.map((b) => [b.id, t(`web_${b.id}`)])], state.web, (web) => change({ web })), note(t('web_note'))];
}
