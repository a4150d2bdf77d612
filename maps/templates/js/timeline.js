// The years: which places counted, and what coverage was, as far as dates are known.
const ALL_YEARS = YEARS.years.length;
const yearOf = (step) => YEARS.years[step] ?? null;
const stepOfYear = () => {
  const step = YEARS.years.findIndex((y) => y.year === state.year);
  return step < 0 ? ALL_YEARS : step;
};
const yearText = (year) => (year ? t(year.planned ? 'year_planned' : 'year_day', { year: year.year, day: year.day }) : t('year_all'));

function datedNote() {
  const dated = PLACES.filter(hasDate);
  return note(t('dated_note', { n: number(dated.length), all: number(PLACES.length), located: number(dated.filter((p) => p.spot).length) }));
}

function yearsTable() {
  const cell = (year, undated, tier) => {
    const row = yearRow(year.year, undated, tier, state.basis, LAST, 'district');
    return el('td', row && row[1] !== null ? {} : { class: 'unknown' }, row ? percent(row[1]) : t('unknown'));
  };
  return el('div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': t('years_title') }, el('table', {},
    el('caption', {}, t('years_caption', { basis: t(`basis_${state.basis}`), minutes: LAST / 60 })),
    el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, t('tier')), YEARS.years.map((y) => el('th', { scope: 'col' }, y.year)))),
    [true, false].map((undated) => el('tbody', {},
      el('tr', {}, el('th', { scope: 'rowgroup', class: 'group', colspan: ALL_YEARS + 1 }, t(undated ? 'with_undated' : 'only_dated'))),
      TIERS.map((tier) => el('tr', {}, el('th', { scope: 'row' }, t(`tier_${tier}_short`)), YEARS.years.map((y) => cell(y, undated, tier))))))));
}

function timelineBody() {
  const told = el('output', { for: 'year', class: 'year-told' });
  const slider = el('input', { type: 'range', id: 'year', min: 0, max: ALL_YEARS, step: 1, value: stepOfYear(), 'aria-label': t('tool_time'), list: 'year-steps' });
  const tell = () => {
    const year = yearOf(Number(slider.value));
    told.textContent = yearText(year);
    slider.setAttribute('aria-valuetext', yearText(year));
    counted.textContent = t('year_places', { n: number(PLACES.filter(isShown).length) });
  };
  const counted = el('p', { class: 'note', role: 'status' });
  slider.addEventListener('input', () => {
    change({ year: yearOf(Number(slider.value))?.year ?? null });
    tell();
  });
  tell();
  return [told, slider,
    el('div', { class: 'year-marks', 'aria-hidden': 'true' }, [...YEARS.years.map((y) => y.year), t('all_tiers')].map((text) => el('span', {}, text))),
    tick(t('include_undated'), state.undated, (undated) => { change({ undated }); tell(); }, { small: true }),
    counted, datedNote()];
}

addTray('time', { fill: timelineBody });
