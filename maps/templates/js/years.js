// Which places counted at the end of a year, as the table of coverage by year counts them.
const YEARS = read('years');
const BATCH = /^((?:19|20)\d\d)(?:-\d+)?$/;

/** Its opening date, or the year of its batch: without either nobody knows. */
const hasDate = (place) => Boolean(place.open_from || BATCH.test(place.batch ?? ''));

/** Whether a place counted in a year: for sure, or as far as anybody knows (undated places too). */
function isOpenIn(place, { year, day }, undated) {
  if (place.open_to && place.open_to < day) return false;
  const batch = Number(BATCH.exec(place.batch ?? '')?.[1] ?? 0);
  const byBatch = !place.open_from && batch > 0;
  if (undated) return !(place.open_from ? place.open_from > day : byBatch && batch > year);
  if (place.open_from) return place.open_from <= day;
  return byBatch && (batch < year || (batch === year && day.endsWith('-12-31')));
}

const datesOf = (undated) => (undated ? 'with_undated' : 'dated');
const yearRow = (year, undated, tier, basis, cutoff, code) => YEARS.rows[year]?.[datesOf(undated)]?.[tier]?.[basis]?.[cutoff]?.[code];
