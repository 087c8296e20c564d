// @ts-check
// Every address of the page and who may see it. Screens are loaded when they are first shown.
import { adminOnly, guestOnly, userOnly } from './router.js';

/** @type {import('./router.js').Route[]} */
export const routes = [
  { pattern: '/login', guard: guestOnly, load: () => import('./pages/login.js') },
  { pattern: '/', guard: userOnly, load: () => import('./pages/home.js') },
  { pattern: '/confirmation', guard: userOnly, load: () => import('./pages/confirmation.js') },
  { pattern: '/wrong-predictions', guard: adminOnly, load: () => import('./pages/wrong-predictions.js') },
  { pattern: '/wrong-predictions/:id', guard: adminOnly, load: () => import('./pages/wrong-prediction.js') },
  { pattern: '/users', guard: adminOnly, load: () => import('./pages/users.js') },
  { pattern: '/monitoring', guard: adminOnly, load: () => import('./pages/monitoring.js') },
  { pattern: '*', guard: userOnly, load: () => import('./pages/not-found.js') },
];
