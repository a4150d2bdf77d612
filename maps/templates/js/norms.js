// The standards, cell by cell: whose number it is, whether anybody has confirmed it, and what came out.
const standards = lazy(() => read('standards'));
const normed = { unit: 'district', basis: 'all', open: null };

function ruleNumber(rule) {
  if (rule.value === null) return t('norm_no_number');
  const one = (v) => (rule.unit === 'share' || rule.quantity === 'share' ? percent(v) : number(v, 2));
  const span = rule.least === null || rule.least === rule.value ? one(rule.value) : `${one(rule.least)}–${one(rule.value)}`;
  return rule.unit === 'share' || rule.quantity === 'share' ? span : `${span} ${coded('unit', rule.unit)}`;
}

function normCell(cell) {
  const { share, status, measure } = cell;
  const kind = ['checked', 'unconfirmed'].includes(status) && share !== null ? status : 'none';
  return el('div', { class: `norm-cell ${kind}` },
    el('small', {}, t(`measure_${measure}`)),
    el('b', {}, share === null ? t('unknown') : percent(share)),
    cell.reached === null ? null : el('small', {}, t(cell.reached ? 'norm_reached' : 'norm_missed')));
}

function ruleBlock(rule) {
  const cells = (rule.units[normed.unit] ?? []).map((row) => Object.fromEntries(rule.cols.map((c, i) => [c, row[i]])));
  const own = cells.filter((c) => c.measure !== null && c.basis === normed.basis);
  const said = cells.find((c) => c.measure === null || c.basis === normed.basis) ?? cells[0];
  const who = [rule.tier ? t(`tier_${rule.tier}_short`) : null, ...(rule.levels ?? '').split(';').filter(Boolean).map((level) => coded('level', level))];
  return el('li', { class: 'norm' },
    el('h3', {}, inLanguage(rule, 'name_zh', 'name_en')),
    el('p', { class: 'chips' },
      chip(ruleNumber(rule), 'plain'), chip(t(rule.confirmed ? 'norm_confirmed' : 'norm_unconfirmed'), rule.confirmed ? 'solid' : 'dashed'),
      who.filter(Boolean).map((text) => chip(text)), said ? chip(coded('norm', said.status), 'open') : null),
    own.length ? el('div', { class: 'norm-cells' }, own.map(normCell)) : null,
    said && inLanguage(said, 'note_zh', 'note_en') ? note(inLanguage(said, 'note_zh', 'note_en')) : null,
    el('p', { class: 'norm-source' }, `${t('source')}${t('colon')}${rule.source ?? t('unknown')}`));
}

function normsPage() {
  const units = [...new Set(standards().flatMap((rule) => Object.keys(rule.units)))];
  const again = (values) => {
    Object.assign(normed, values);
    refill(byId('page-norms'), normsPage());
  };
  normed.open ??= new Set(standards().slice(0, 1).map((rule) => rule.preset));
  const presets = [...new Set(standards().map((rule) => rule.preset))];
  return [
    el('section', { class: 'block' }, el('h2', {}, t('norms_title')), el('p', {}, t('norms_lead', { unconfirmed: number(standards().filter((r) => !r.confirmed).length), all: number(standards().length) }))),
    el('label', { class: 'pick' }, el('span', {}, t('norm_unit')),
      el('select', { id: 'norm-unit', onchange: (event) => again({ unit: event.target.value }) },
        units.map((code) => el('option', { value: code, selected: code === normed.unit }, code === 'district' ? t('norm_district') : subdistrictName(code))))),
    choice(t('basis_title'), BASES.map((v) => [v, t(`basis_${v}`)]), normed.basis, (basis) => again({ basis })),
    standards().length ? null : note(t('unknown')),
    ...presets.map((preset) => el('details', { open: normed.open.has(preset), ontoggle: (event) => normed.open[event.target.open ? 'add' : 'delete'](preset) }, el('summary', {}, coded('preset', preset)),
      el('ul', {}, standards().filter((rule) => rule.preset === preset).map(ruleBlock)))),
    note(t('norms_note')),
  ];
}
