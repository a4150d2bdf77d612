// The page of layers: one group a question.
const markLine = (kind) => el('i', { class: `mark ${kind}`, 'aria-hidden': 'true' });

function layersPage() {
  const count = (test) => PLACES.filter((p) => p.spot && test(p)).length;
  return [
    section(t('theme_title'),
      choice(t('theme_title'), THEMES.map((v) => [v, t(`theme_${v}`)]), state.theme, (theme) => change({ theme, selected: null, cutoff: LAST })),
      state.theme === 'unions' || state.theme === 'coverage' ? [
        choice(t('tier'), TIERS.map((v) => [v, t(`tier_${v}_short`), sealElement(STYLE.tiers[v], {}, 7)]), state.tier, (tier) => change({ tier, gapTier: tier })),
        cutoffsOfTheme().length > 1 ? choice(t('minutes_title'), cutoffsOfTheme().map((v) => [v, t('n_minutes', { n: v / 60 })]), state.cutoff, (cutoff) => change({ cutoff })) : null,
        choice(t('basis_title'), BASES.map((v) => [v, t(`basis_${v}`)]), state.basis, (basis) => change({ basis })),
        note(t(state.theme === 'unions' ? 'direction_from' : 'direction_to')),
      ] : null,
      state.theme === 'lights' ? note(t('light_note')) : null,
      state.theme === 'ledger' ? note(t('ledger_note')) : null,
      state.theme === 'gaps' ? choice(t('tier'), [['', t('all_tiers')], ...TIERS.map((v) => [v, t(`tier_${v}_short`)])], state.gapTier, (gapTier) => change({ gapTier })) : null,
      state.theme === 'gaps' ? causeTicks() : null),
    section(t('places_title'),
      TIERS.map((tier) => tick(t(`tier_${tier}`), state.tiers.has(tier), (on) => change({ tiers: toggled(state.tiers, tier, on) }), { mark: sealElement(STYLE.tiers[tier]), count: count((p) => p.tier === tier) })),
      el('h3', {}, t('ledger_group')),
      el('div', { class: 'ticks two' },
        tick(t('stage_verified'), state.verified, (verified) => change({ verified }), { small: true, count: count((p) => ledgerOf(p) === 'verified') }),
        tick(t('stage_confirmed'), state.confirmed, (confirmed) => change({ confirmed }), { small: true, count: count((p) => ledgerOf(p) === 'confirmed') }),
        tick(t('candidates'), state.candidates, (candidates) => change({ candidates }), { small: true, count: count(isCandidate) }),
        tick(t('approximate'), state.approximate, (approximate) => change({ approximate }), { small: true, count: count((p) => p.approximate) })),
      note(t('stage_unlocated', { n: number(PLACES.filter((p) => !p.spot).length) }))),
    section(t('categories_title'),
      el('div', { class: 'ticks two' }, categoryIndexes().map((i) => tick(i < 0 ? t('uncategorised') : categoryName(i), state.categories.has(i), (on) => change({ categories: toggled(state.categories, i, on) }),
        { small: true, mark: sealElement({ shape: 'diamond', ...(STYLE.categories[i] ?? STYLE.uncategorised) }, {}, 7.4), count: count((p) => p.tier === 'base' && p.categoryIndex === i) }))),
      categoriesNote()),
    section(t('more_title'),
      routeTicks(),
      tick(t('missing_layer'), state.missing, (missing) => change({ missing }), { mark: missingElement(), count: MISSING.length }),
      nextTicks(),
      tick(t('links'), state.links, (links) => change({ links }), { count: LINKS.filter((l) => l.spot).length }),
      el('h3', {}, t('ground_title')),
      el('div', { class: 'ticks two' }, ['rails', 'buildings', 'borders', 'names'].map((key) => tick(t(`ground_${key}`), state[key], (on) => change({ [key]: on }), { small: true }))), tilesChoice()),
    YEARS.years.length ? section(t('tool_time'), el('p', { class: 'buttons' }, el('button', { type: 'button', onclick: () => showTray('time') }, yearText(YEARS.years.find((y) => y.year === state.year)))), datedNote()) : null,
  ];
}

/** Gaps by cause, with how many each explains. */
function causeTicks() {
  const causes = Object.keys(STYLE.theme.cause).filter((cause) => gapsOfTier().some((g) => g.cause === cause));
  return [el('h3', {}, t('causes_title')), el('div', {}, causes.map((cause) => tick(coded('cause', cause), !state.causesOff.has(cause), (on) => change({ causesOff: toggled(state.causesOff, cause, !on) }),
    { small: true, mark: el('i', { class: 'patch', style: causeSwatch(cause) }), count: gapsOfTier().filter((g) => g.cause === cause).length })))];
}

/** Published routes by theme, the red ones first; the proposed ones in one line. */
function routeTicks() {
  const published = ROUTES.filter((r) => !r.proposed);
  const themes = [...new Set(published.map((r) => r.theme))].sort((a, b) => (b === 'red') - (a === 'red'));
  const line = (text, own, look) => {
    const indexes = own.map((r) => r.index);
    return tick(text, indexes.some((i) => state.routes.has(i)),
      (on) => change({ routes: new Set([...state.routes].filter((i) => !indexes.includes(i)).concat(on ? indexes : [])) }),
      { mark: routeMark(own[0], look), count: own.length });
  };
  const proposed = ROUTES.filter((r) => r.proposed);
  return [...themes.map((theme) => line(coded('theme', theme), published.filter((r) => r.theme === theme), 'line')),
    proposed.length ? line(t('routes_proposed'), proposed, 'line') : null];
}

/** Circles exist for every cutoff; shares only for those the bundle counted. */
const cutoffsOfTheme = () => (state.theme === 'unions' ? CUTOFFS : CUTOFFS.filter((c) => COVERAGE.rows[state.tier]?.[state.basis]?.[c]));

const categoriesNote = () => {
  const published = CATEGORIES.filter((c) => c.published).length;
  return published < CATEGORIES.length ? note(t('categories_note', { n: published, all: CATEGORIES.length })) : null;
};

const categoryIndexes = () => [...CATEGORIES.keys(), ...(PLACES.some((p) => p.tier === 'base' && p.categoryIndex < 0) ? [-1] : [])];
