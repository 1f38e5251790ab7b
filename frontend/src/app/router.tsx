import { createBrowserRouter } from 'react-router';
import { CrashPage } from './CrashPage';
import { FirstPage } from './FirstPage';
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
          { index: true, element: <FirstPage /> },
          { path: '/worklist', lazy: async () => ({ Component: (await import('@/rooms/worklist/WorklistPage')).WorklistPage }) },
          { path: '/engine', lazy: async () => ({ Component: (await import('@/rooms/engine/EnginePage')).EnginePage }) },
          { path: '/plugins', lazy: async () => ({ Component: (await import('@/rooms/plugins/PluginsPage')).PluginsPage }) },
          { path: '/rules', lazy: async () => ({ Component: (await import('@/rooms/rules/RulesPage')).RulesPage }) },
          { path: '/acceptance', lazy: async () => ({ Component: (await import('@/rooms/acceptance/AcceptancePage')).AcceptancePage }) },
          { path: '/keys', lazy: async () => ({ Component: (await import('@/rooms/keys/KeysPage')).KeysPage }) },
          { path: '/entitlements', lazy: async () => ({ Component: (await import('@/rooms/entitlements/EntitlementsPage')).EntitlementsPage }) },
          { path: '/catalogue-policy', lazy: async () => ({ Component: (await import('@/rooms/catalogue/CataloguePage')).CataloguePage }) },
          { path: '/archives', lazy: async () => ({ Component: (await import('@/rooms/archives/ArchivesPage')).ArchivesPage }) },
          { path: '/critical-values', lazy: async () => ({ Component: (await import('@/rooms/reporting/CriticalPage')).CriticalPage }) },
          { path: '/report-templates', lazy: async () => ({ Component: (await import('@/rooms/reporting/TemplatesPage')).TemplatesPage }) },
          { path: '/guidelines', lazy: async () => ({ Component: (await import('@/rooms/reporting/GuidelinesPage')).GuidelinesPage }) },
          { path: '/ris', lazy: async () => ({ Component: (await import('@/rooms/reporting/RisPage')).RisPage }) },
          { path: '/vendor', lazy: async () => ({ Component: (await import('@/rooms/vendor/VendorPage')).VendorPage }) },
          { path: '/review', lazy: async () => ({ Component: (await import('@/rooms/review/ReviewPage')).ReviewPage }) },
          { path: '/launch', lazy: async () => ({ Component: (await import('@/rooms/launch/LaunchPage')).LaunchPage }) },
          { path: '/v/:studyId', lazy: async () => ({ Component: (await import('@/rooms/viewer/ViewerPage')).ViewerPage }) },
        ],
      },
    ],
  },
]);
