// The pages of the panel. Figures are printed as the bundle gives them.
function shareBar(row, colour, basis) {
  const known = row && row.share !== null;
  const bar = el('div', { class: 'bar', 'aria-hidden': 'true' });
  if (known) {
    bar.append(
      el('i', { class: 'fill', style: { width: `${row.share * 100}%`, background: basis === 'all' ? alpha(colour, 0.45) : colour } }),
      el('i', { class: 'span', style: { left: `${row.share_low * 100}%`, width: `${Math.max(0.5, (row.share_high - row.share_low) * 100)}%` } }));
  } else bar.classList.add('unknown');
  return el('div', { class: 'share' },
    el('span', { class: 'share-name' }, t(`basis_${basis}`)), bar,
    el('strong', {}, known ? percent(row.share) : t('unknown')),
    el('small', {}, known ? t('share_detail', { low: percent(row.share_low), high: percent(row.share_high), covered: number(row.covered), people: number(row.people) }) : t('share_unknown')));
}

const headlineOf = (tier, basis, measure) =>
  HEADLINE.find((r) => r.tier === tier && r.basis === basis && r.cutoff_s === LAST && (r.measure ?? 'walk') === measure);

function measuresTable() {
  const has = (measure) => HEADLINE.some((r) => r.measure === measure);
  if (!has('radius') && !has('level')) return null;
  const measures = ['radius', 'level', 'walk'].filter(has);
  return section(t('measures_title'),
    el('div', { class: 'scroll' }, el('table', {},
      el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, t('tier')), measures.map((m) => el('th', { scope: 'col' }, t(`measure_${m}`))))),
      el('tbody', {}, TIERS.map((tier) => el('tr', {}, el('th', { scope: 'row' }, t(`tier_${tier}_short`)),
        measures.map((m) => el('td', {}, percent(headlineOf(tier, 'all', m)?.share)))))))),
    note(t('measures_note')));
}

function overviewPage() {
  return [
    el('section', { class: 'block lead' }, el('h2', {}, t('question')), el('p', {}, t('lead', { profile: coded('profile', meta.profile) })),
      TIERS.map((tier) => el('div', { class: 'tier-share' },
        el('h3', {}, sealElement(STYLE.tiers[tier]), t(`tier_${tier}`)),
        BASES.map((basis) => shareBar(headlineOf(tier, basis, 'walk'), STYLE.tiers[tier].colour, basis)))),
      note(t('share_note'))),
    measuresTable(),
    YEARS.years.length ? section(t('years_title'), yearsTable(), datedNote()) : null,
    ledgerTable(),
  ];
}

const COUNTS = ['declared', 'loaded', 'candidates', 'approximate', 'located', 'verified'];

function countsTable(first, rows) {
  return el('div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': t('ledger_title') }, el('table', { class: 'ledger' },
    el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, first), COUNTS.map((c) => el('th', { scope: 'col' }, t(`ledger_${c}`))))),
    el('tbody', {}, rows.map(([name, row]) => el('tr', {}, el('th', { scope: 'row' }, name),
      COUNTS.map((c) => el('td', row[c] === null ? { class: 'unknown' } : {}, c === 'declared' && row.at_least && row[c] !== null ? `≥${number(row[c])}` : number(row[c]))))))));
}

function ledgerTable() {
  const fold = (title, table) => el('details', {}, el('summary', {}, title), table);
  const papers = new Set([...LEDGER.tiers, ...LEDGER.designations].filter((r) => r.paper).map((r) => `${r.paper}${r.date ? ` (${r.date})` : ''}`));
  return section(t('ledger_title'),
    countsTable(t('tier'), LEDGER.tiers.map((row) => [t(`tier_${row.tier}_short`), row])),
    note(t('ledger_note')),
    fold(t('ledger_categories'), countsTable(t('category'), LEDGER.categories.map((row) => [`${inLanguage(row, 'name_zh', 'name_en')}${row.published ? '' : '*'}`, row]))),
    fold(t('ledger_designations'), countsTable(t('designation'), LEDGER.designations.map((row) => [coded('designation', row.designation), row]))),
    categoriesNote(),
    el('ul', { class: 'papers' }, [...papers].map((p) => el('li', {}, p))));
}

let searched = '';
function placesPage() {
  const list = el('ul', { class: 'rows', id: 'place-list' });
  const fill = () => {
    const wanted = searched.trim().toLowerCase();
    const found = placesFound(wanted);
    found.sort(([r, a], [q, b]) => r - q || TIERS.indexOf(a.tier) - TIERS.indexOf(b.tier) || !a.spot - !b.spot || a.categoryIndex - b.categoryIndex || a.index - b.index);
    list.replaceChildren(...found.map(([, place]) => placeRow(place)), ...groundFound(wanted).map(groundRow));
    count.textContent = t('places_found', { n: number(found.length), all: number(PLACES.length) });
  };
  const count = el('p', { class: 'note', role: 'status' });
  const box = el('input', { type: 'search', id: 'search', value: searched, placeholder: t('search_hint'), 'aria-label': t('search_hint'), oninput: (event) => { searched = event.target.value; fill(); } });
  fill();
  return [el('div', { class: 'search' }, box), count, list];
}

function placeRow(place) {
  const chosen = state.selected?.type === 'place' && state.selected.index === place.index;
  const small = [place.subdistrict, place.address, isCandidate(place) ? coded('status', place.status) : null, place.spot ? (place.approximate ? t('approximate') : null) : t('unlocated')];
  return el('li', {}, el('button', { type: 'button', class: 'row', 'aria-current': chosen ? 'true' : null, 'data-place': place.facility_id, onclick: () => choose({ type: 'place', index: place.index }, { move: true }) },
    sealElement(signOf(place), placeOptions(place), 8), el('span', { class: 'row-text' }, el('b', {}, place.name), el('small', {}, small.filter(Boolean).join(' · ')))));
}

function gapsPage() {
  const options = [['', t('all_tiers')], ...TIERS.map((tier) => [tier, t(`tier_${tier}_short`)])];
  return [
    el('section', { class: 'block' }, el('h2', {}, t('gaps_title')), el('p', {}, t('gaps_lead'))),
    choice(t('tier'), options, state.gapTier, (gapTier) => change({ gapTier, theme: 'gaps' })),
    el('ol', { class: 'rows' }, gapsShown().map((gap) => el('li', {},
      el('button', { type: 'button', class: 'row', onclick: () => choose({ type: 'gap', index: gap.index }, { move: true }) },
        el('i', { class: 'rank', style: { background: gapColour(gap) } }, gap.rank),
        el('span', { class: 'row-text' },
          el('b', {}, `${gap.subdistrict_name ?? t('unknown')} · ${t(`tier_${gap.tier}_short`)}`),
          el('small', {}, t('gap_people', { range: range(gap.people_low, gap.people, gap.people_high) })),
          gap.link_id ? el('small', { class: 'has-link' }, t('missing_has')) : null,
          el('small', {}, t('gap_why', { cause: coded('cause', gap.cause), minutes: minutes(gap.nearest_s), name: gap.nearest_name ?? t('unknown') }))))))),
    gapsShown().length ? null : note(t('no_gaps')),
    note(t('direction_to')),
  ];
}

function notesPage() {
  const reviewed = meta.review_number;
  return [
    section(t('signs_title'), signsLegend()),
    section(t('method_title'), el('ul', { class: 'plain' }, ['method_to', 'method_from', 'method_people', 'method_twice', 'method_unknown'].map((k) => el('li', {}, t(k, { profile: coded('profile', meta.profile) }))))),
    section(t('keys_title'), el('ul', { class: 'plain' }, [t('keys_map'), t('keys_search'), t('keys_measure'), t('keys_close')].map((text) => el('li', {}, text)))),
    section(t('review_title'), el('p', { class: 'stamp' }, reviewed || t('watermark')), note(t('review_note'))),
    section(t('sources_title'), el('ul', { class: 'sources' }, meta.sources.map((s) => el('li', {},
      el('b', {}, s.title ?? ''), el('span', {}, [s.date, s.licence].filter(Boolean).join(' · ')), el('small', {}, s.attribution ?? ''))))),
    facts([[t('data_date'), meta.data_date], [t('version'), meta.version], [t('parameters'), (meta.parameters_sha256 ?? '').slice(0, 12)]]),
  ];
}
