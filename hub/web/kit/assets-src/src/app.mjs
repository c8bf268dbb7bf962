// The only script of the pages. Every page works without it: it adds the small
// comforts of the design system and the live regions.
import {
  Button,
  Checkboxes,
  ErrorSummary,
  NotificationBanner,
  Radios,
  ServiceNavigation,
  SkipLink,
  Tabs,
  createAll
} from 'govuk-frontend'

import { followLiveRegions } from './live.mjs'

// The design system's own page template does this in an inline script, which
// our content security policy forbids.
document.body.classList.add('js-enabled', 'govuk-frontend-supported')

for (const component of [
  Button,
  Checkboxes,
  ErrorSummary,
  NotificationBanner,
  Radios,
  ServiceNavigation,
  SkipLink,
  Tabs
]) {
  createAll(component)
}

followLiveRegions(document)
