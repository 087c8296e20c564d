// @ts-check
// What a report says, put in order for its screen.

/**
 * @typedef {{id: string, name: string}} Named
 * @typedef {{true_positives: number, predicted: number, images: number, precision: number | null, recall: number | null, average_precision: number | null}} Metrics
 * @typedef {Named & Metrics} TagMetrics
 * @typedef {{tags: Named[], counts: number[][]}} Confusion
 * @typedef {{low: number, high: number, count: number, confidence: number, accuracy: number}} Bin
 * @typedef {{image_id: string, is_deleted: boolean, actual_tags: Named[], predicted: Named | null, probability: number}} JudgedImage
 * @typedef {{threshold: number, precision: number, recall: number}} Point
 * @typedef {{id: string, points: Point[]}} Curve
 * @typedef {{threshold: number, image_count: number, top1: number | null, calibration_error: number | null, overall: Metrics,
 *   per_tag: TagMetrics[], confusion: Confusion | null, calibration: Bin[], mistakes: JudgedImage[], curves: Curve[] | null}} Report
 * @typedef {'name' | 'images' | 'precision' | 'recall' | 'average_precision'} SortKey
 */

/** Where the brief looks. */
export const MARKED_THRESHOLDS = [0.5, 0.85];

/** The threshold an address asks for. @param {URLSearchParams} query */
export function thresholdOf(query) {
  const asked = Number(query.get('threshold'));
  return query.has('threshold') && asked >= 0 && asked <= 1 ? asked : 0.5;
}

/** @param {TagMetrics[]} tags @param {SortKey} key @param {boolean} isDescending what is not defined comes last either way */
export function sortTags(tags, key, isDescending) {
  const sign = isDescending ? -1 : 1;
  return [...tags].sort((one, other) => {
    if (key === 'name') return sign * one.name.localeCompare(other.name);
    if (one[key] === null || other[key] === null) return Number(one[key] === null) - Number(other[key] === null);
    return sign * (Number(one[key]) - Number(other[key])) || one.name.localeCompare(other.name);
  });
}

/**
 * The tags most often taken for another, or for none, most often first.
 * @param {Confusion} confusion
 * @param {number} most
 * @returns {{actual: Named, predicted: Named | null, count: number, share: number}[]}
 */
export function topConfusions({ tags, counts }, most) {
  const found = counts.flatMap((row, actual) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, predicted) => ({ actual: tags[actual], predicted: tags[predicted] ?? null, count, share: total ? count / total : 0, isRight: actual === predicted }));
  });
  return found.filter(({ count, isRight }) => count > 0 && !isRight).sort((one, other) => other.count - one.count || other.share - one.share).slice(0, most);
}

/** The point a curve has at a threshold: the last one that is at least as high. @param {Point[]} points from the highest threshold down @param {number} threshold */
export function pointAt(points, threshold) {
  return points.filter((point) => point.threshold >= threshold).pop() ?? null;
}

/** How strongly a cell of the confusion matrix is coloured, by its share of the row. @param {number} count @param {number} total */
export const heat = (count, total) => (total === 0 || count === 0 ? 0 : Math.ceil((count / total) * 8));
