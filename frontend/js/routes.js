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
  { pattern: '/projects', guard: adminOnly, load: () => import('./pages/projects.js') },
  { pattern: '/projects/:project', guard: adminOnly, load: () => import('./pages/project-images.js') },
  { pattern: '/projects/:project/training', guard: adminOnly, load: () => import('./pages/project-training.js') },
  { pattern: '/projects/:project/settings', guard: adminOnly, load: () => import('./pages/project-settings.js') },
  { pattern: '/projects/:project/iterations/:iteration', guard: adminOnly, load: () => import('./pages/iteration.js') },
  { pattern: '/users', guard: adminOnly, load: () => import('./pages/users.js') },
  { pattern: '/keys', guard: adminOnly, load: () => import('./pages/keys.js') },
  { pattern: '/monitoring', guard: adminOnly, load: () => import('./pages/monitoring.js') },
  { pattern: '*', guard: userOnly, load: () => import('./pages/not-found.js') },
];
