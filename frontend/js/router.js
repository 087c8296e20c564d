// @ts-check
// Addresses after the #, each with a guard that says who may see it.

/**
 * @typedef {{role: string} | null} Visitor
 * @typedef {(visitor: Visitor, address: string) => string | null} Guard where to go instead, or null to stay
 * @typedef {{main: HTMLElement, params: Record<string, string>, query: URLSearchParams, signal: AbortSignal}} Visit
 * @typedef {{title: () => string, show: (visit: Visit) => void | Promise<void>}} Page
 * @typedef {{pattern: string, guard: Guard, load: () => Promise<{page: Page}>}} Route
 * @typedef {{path: string, query: URLSearchParams, address: string}} Place
 */

export const LOGIN = '/login';
export const HOME = '/';

/** The login, which then leads back to where the person wanted to go. @param {string} address */
export function loginFor(address) {
  return address === HOME || address === '' ? LOGIN : `${LOGIN}?next=${encodeURIComponent(address)}`;
}

/** Where to go after the login: only ever an address of this page. @param {string | null} next */
export function afterLogin(next) {
  return next?.startsWith('/') && !next.startsWith(LOGIN) ? next : HOME;
}

/** @type {Guard} */
export const guestOnly = (visitor, address) =>
  visitor ? afterLogin(parse(`#${address}`).query.get('next')) : null;

/** @type {Guard} */
export const userOnly = (visitor, address) => (visitor ? null : loginFor(address));

/** @type {Guard} */
export const adminOnly = (visitor, address) => {
  if (!visitor) return loginFor(address);
  return visitor.role === 'admin' ? null : HOME;
};

/** What a hash names. @param {string} hash @returns {Place} */
export function parse(hash) {
  const address = hash.replace(/^#/, '') || HOME;
  const [path, search = ''] = address.split('?', 2);
  return { path: path || HOME, query: new URLSearchParams(search), address };
}

/**
 * The parameters of a path that fits the pattern ("/wrong-predictions/:id"), or null.
 * @param {string} pattern
 * @param {string} path
 */
export function matchPath(pattern, path) {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return null;
  /** @type {Record<string, string>} */
  const params = {};
  for (const [index, part] of wanted.entries()) {
    if (part.startsWith(':') && given[index]) params[part.slice(1)] = safeDecode(given[index]);
    else if (part !== given[index]) return null;
  }
  return params;
}

/** @param {string} text */
function safeDecode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * The route for a place, or the guard's redirection. The last route takes what no other does.
 * @param {Route[]} routes
 * @param {Place} place
 * @param {Visitor} visitor
 * @returns {{redirect: string} | {route: Route, params: Record<string, string>}}
 */
export function resolve(routes, place, visitor) {
  const found = routes.map((route) => ({ route, params: matchPath(route.pattern, place.path) }));
  const { route, params } = found.find((match) => match.params) ?? { route: routes[routes.length - 1], params: {} };
  const redirect = route.guard(visitor, place.address);
  return redirect === null ? { route, params: params ?? {} } : { redirect };
}

/** The link to an address, for href attributes. @param {string} address */
export const href = (address) => `#${address}`;

/** Goes to an address, leaving the present one in the history. @param {string} address */
export function go(address) {
  location.hash = href(address);
}

/** Goes to an address in place of the present one. @param {string} address */
export function redirectTo(address) {
  // Setting location.replace on a hash fires hashchange, as a click would.
  location.replace(href(address));
}
