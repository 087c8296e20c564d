// @ts-check
// The wrong predictions loaded so far, kept while a detail is looked at, so that coming back is
// instant and at the same place.

/**
 * @typedef {import('./api.js').WrongPrediction} WrongPrediction
 * @typedef {{address: string, items: WrongPrediction[], next: string | null, scroll: number}} Review
 */

/** @type {Review | null} */
let kept = null;

/** @param {Review} review */
export function keepReview(review) {
  kept = review;
}

/** The list of this address, if the person is coming back from one of its details. @param {string} address */
export function takeReview(address) {
  const review = kept?.address === address ? kept : null;
  kept = null;
  return review;
}

/** The address of the list to go back to, or null. */
export const reviewAddress = () => kept?.address ?? null;

/** @param {number} id */
export function removeFromReview(id) {
  if (kept) kept.items = kept.items.filter((wrong) => wrong.id !== id);
}

/** @param {WrongPrediction} changed */
export function replaceInReview(changed) {
  if (kept) kept.items = kept.items.map((wrong) => (wrong.id === changed.id ? changed : wrong));
}

/** Nothing of one person's review is shown to the next. */
export function forgetReview() {
  kept = null;
}
