import { createBrowserRouter, Navigate } from 'react-router';
import { CrashPage } from './CrashPage';
import { SignedIn } from './SignedIn';

/** The pages. The viewer comes as a chunk of its own: nobody else needs the image library. */
export const router = createBrowserRouter([
  {
    errorElement: <CrashPage />,
    HydrateFallback: () => null,
    children: [
      { path: '/login', lazy: async () => ({ Component: (await import('@/rooms/login/LoginPage')).LoginPage }) },
      {
        element: <SignedIn />,
        children: [
          { index: true, element: <Navigate to="/worklist" replace /> },
          { path: '/worklist', lazy: async () => ({ Component: (await import('@/rooms/worklist/WorklistPage')).WorklistPage }) },
          { path: '/v/:studyId', lazy: async () => ({ Component: (await import('@/rooms/viewer/ViewerPage')).ViewerPage }) },
        ],
      },
    ],
  },
]);
