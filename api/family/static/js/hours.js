// Whether a place is open, from OpenStreetMap's opening_hours. What is not understood is unknown, never guessed:
// public and school holidays of the year are not known here, so rules that name them say so.
const DAYS = ['Su', 'Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAY = DAYS.join('|');
const MONTH = MONTHS.join('|');
const HOLIDAY = /^(PH|SH)$/;
const MINUTES = 1440;
const HERE = 'Asia/Shanghai';

const range = (from, to, size) => (at) => (from <= to ? at >= from && at <= to : at >= from || at <= to) && at < size;

/** "Mo-Fr,Su" as a test of a weekday; null where it is not understood. Holidays come apart. */
function readDays(text) {
  const tests = [];
  let holiday = false;
  for (const part of text.split(',')) {
    if (HOLIDAY.test(part)) holiday = true;
    else {
      const found = part.match(new RegExp(`^(${DAY})(?:-(${DAY}))?$`));
      if (!found) return null;
      tests.push(range(DAYS.indexOf(found[1]), DAYS.indexOf(found[2] ?? found[1]), 7));
    }
  }
  return { holiday, named: tests.length > 0, test: (day) => tests.some((own) => own(day)) };
}

/** "Mar-Oct", "Mar 15-Oct 31" as a test of month and day; null where it is not understood. */
function readDates(text) {
  const tests = [];
  for (const part of text.split(/\s*,\s*/)) {
    const found = part.match(new RegExp(`^(${MONTH})(?: (\\d{1,2}))?(?:\\s*-\\s*(?:(${MONTH})(?: (\\d{1,2}))?|(\\d{1,2})))?$`));
    if (!found) return null;
    const [, from, day, to, last, sameMonth] = found;
    if (sameMonth && !day) return null;
    if (to && Boolean(day) !== Boolean(last)) return null;
    const a = MONTHS.indexOf(from) * 100 + Number(day ?? 0);
    const b = MONTHS.indexOf(to ?? from) * 100 + Number(last ?? sameMonth ?? (to || !day ? 99 : day));
    tests.push((month, date) => range(a, b, Infinity)(month * 100 + date));
  }
  return (month, date) => tests.some((own) => own(month, date));
}

/** "09:00-12:00,13:30-17:00" as pairs of minutes; the second may be past midnight. */
function readTimes(text) {
  const spells = [];
  for (const part of text.split(/\s*,\s*/)) {
    const found = part.match(/^(\d{1,2}):([0-5]\d)\s*-\s*(\d{1,2}):([0-5]\d)$/);
    if (!found) return null;
    const [from, to] = [Number(found[1]) * 60 + Number(found[2]), Number(found[3]) * 60 + Number(found[4])];
    if (from > MINUTES || to > 2 * MINUTES || from === to) return null;
    spells.push([from, to < from ? to + MINUTES : to]);
  }
  return spells;
}

/** One rule: on which days which spells; null where it is not understood. */
function readRule(text) {
  let rest = text.trim();
  if (rest === '24/7') return { on: () => true, spells: [[0, MINUTES]] };
  const closed = rest.match(/\s*\b(off|closed)$/);
  if (closed) rest = rest.slice(0, closed.index);
  const times = rest.match(/(?:^|\s)(\d{1,2}:\d\d.*)$/);
  if (times) rest = rest.slice(0, times.index);
  const spells = closed ? [] : times ? readTimes(times[1]) : [[0, MINUTES]];
  if (!spells || (closed && times)) return null;
  rest = rest.trim().replace(/:$/, '').replace(/\s*-\s*/g, '-').replace(/,\s+/g, ',');
  if (!closed && !times && !rest) return null;
  const month = rest.match(new RegExp(`^((?:${MONTH})[^]*?)(?: ((?:${DAY}|PH|SH)[^]*))?$`));
  const [dates, days] = month ? [readDates(month[1]), month[2]] : [() => true, rest];
  const week = days ? readDays(days) : { holiday: false, named: false, test: () => true };
  if (!dates || !week) return null;
  return { holiday: week.holiday, spells, on: (at) => dates(at.month, at.date) && week.test(at.day), onHoliday: (at) => dates(at.month, at.date) && week.holiday };
}

/** Rules from text, or null. A comma before a day or month begins a further rule that adds to the one before. */
function read(text) {
  if (typeof text !== 'string' || !text || /["|[\]+]|\|\||week|easter|sun(rise|set)|dawn|dusk/i.test(text)) return null;
  const rules = [];
  for (const group of text.split(';').map((part) => part.trim()).filter(Boolean)) {
    const parts = group.split(new RegExp(`(?<=\\d{1,2}:\\d\\d)\\s*,\\s*(?=${DAY}|${MONTH}|PH|SH)`));
    for (const [i, part] of parts.entries()) {
      const rule = readRule(part);
      if (!rule) return null;
      rules.push({ ...rule, adds: i > 0 });
    }
  }
  return rules.length ? rules : null;
}

/** Spells of a day: the last rule that names it, with those that add to it. */
function spellsOf(rules, at, holiday) {
  let spells = [];
  for (const rule of rules) {
    const hits = rule.on(at) || (holiday && rule.onHoliday?.(at));
    if (hits) spells = rule.adds ? [...spells, ...rule.spells] : rule.spells;
  }
  return spells;
}

function clockOf(date) {
  const parts = Object.fromEntries(new Intl.DateTimeFormat('en-GB', {
    timeZone: HERE, year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', hourCycle: 'h23',
  }).formatToParts(date).map(({ type, value }) => [type, Number(value)]));
  const day = new Date(Date.UTC(parts.year, parts.month - 1, parts.day));
  return { midnight: day, minute: parts.hour * 60 + parts.minute };
}

const dayOf = (date) => ({ month: date.getUTCMonth(), date: date.getUTCDate(), day: date.getUTCDay() });

/** Open or not; null where yesterday's night runs into a day that another rule speaks for: nobody can tell. */
function openAt(rules, clock, holiday) {
  const covers = (spells, minute) => spells.some(([from, to]) => minute >= from && minute < to);
  const [today, yesterday] = [dayOf(clock.midnight), dayOf(new Date(clock.midnight.getTime() - 864e5))];
  if (covers(spellsOf(rules, today, holiday), clock.minute)) return true;
  const late = rules.filter((rule) => rule.on(yesterday) && covers(rule.spells, clock.minute + MINUTES));
  if (!late.length) return false;
  const last = (at, festive) => rules.findLast((rule) => rule.on(at) || (festive && rule.onHoliday?.(at)));
  const [own, before] = [last(today, holiday), last(yesterday, false)];
  return late.includes(before) && (!own || own === before) ? true : null;
}

/**
 * {known, open, holidays}: whether it is open at a time of the place's own clock. `holidays` where a public holiday
 * would change the answer or may: nobody here knows whether today is one.
 */
export function openingAt(text, date) {
  const rules = read(text);
  if (!rules) return { known: false, open: null, holidays: false };
  const clock = clockOf(date);
  const open = openAt(rules, clock, false);
  if (open === null) return { known: false, open: null, holidays: false };
  return { known: true, open, holidays: rules.some((rule) => rule.holiday) && openAt(rules, clock, true) !== open };
}
