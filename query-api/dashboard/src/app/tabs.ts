/** The six tabs: their URL, name and page. */
import { lazy, type ComponentType } from 'react'

import { ContactsPage } from '../pages/contacts/ContactsPage'
import { MessagesPage } from '../pages/messages/MessagesPage'
import { TemplatesPage } from '../pages/templates/TemplatesPage'
import type { IconName } from '../ui/Icon'

// Pages with charts come in a file of their own, so that the others need not wait for the chart library.
const OverviewPage = lazy(() => import('../pages/overview/OverviewPage'))
const IntegrationsPage = lazy(() => import('../pages/integrations/IntegrationsPage'))
const AnalyticsPage = lazy(() => import('../pages/analytics/AnalyticsPage'))

export interface Tab {
  path: string
  name: string
  icon: IconName
  Page: ComponentType
}

export const tabs: readonly Tab[] = [
  { path: '/overview', name: 'Overview', icon: 'overview', Page: OverviewPage },
  { path: '/integrations', name: 'Integrations', icon: 'integrations', Page: IntegrationsPage },
  { path: '/contacts', name: 'Contacts', icon: 'contacts', Page: ContactsPage },
  { path: '/messages', name: 'Messages', icon: 'messages', Page: MessagesPage },
  { path: '/templates', name: 'Templates', icon: 'templates', Page: TemplatesPage },
  { path: '/analytics', name: 'Analytics', icon: 'analytics', Page: AnalyticsPage },
]
