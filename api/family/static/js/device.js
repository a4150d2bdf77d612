// What leaves the phone, and what does not: a report to the office does, a position never.
const PATIENCE_MS = 15000;

export class Trouble extends Error {
  constructor(kind) {
    super(kind);
    this.kind = kind;
  }
}

const KINDS = { 404: 'report_off', 422: 'report_refused', 429: 'busy', 503: 'busy' };

/** Tell the office about a mistake; nothing but what the form says is sent. */
export async function report(mistake) {
  let response;
  try {
    response = await fetch('reports', {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(mistake), cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    throw new Trouble('offline');
  }
  if (!response.ok) throw new Trouble(KINDS[response.status] ?? 'failed');
}

/** Where this phone is. The position stays in this page's memory. */
export function locate() {
  return new Promise((resolve, reject) => {
    if (!window.isSecureContext || !navigator.geolocation) {
      reject(new Trouble('insecure'));
      return;
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ lon: coords.longitude, lat: coords.latitude, accuracy: Math.ceil(coords.accuracy / 10) * 10 }),
      (error) => reject(new Trouble(error.code === error.PERMISSION_DENIED ? 'refused' : 'no_fix')),
      { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: 60000 },
    );
  });
}

/** Keep a file on the phone. */
export function save(name, type, text) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** Share an address by the phone's own sheet, or copy it: 'shared', 'copied' or 'shown'. */
export async function share(title, url) {
  if (navigator.share && matchMedia('(pointer: coarse)').matches) {
    try {
      await navigator.share({ title, url });
      return 'shared';
    } catch (error) {
      if (error.name === 'AbortError') return 'shared';
    }
  }
  try {
    await navigator.clipboard.writeText(url);
    return 'copied';
  } catch {
    return 'shown';
  }
}
