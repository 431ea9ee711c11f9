/** What comes of everything that a client or time may do, in every state: the state in short, or the code of the refusal. */
export const clientTable = `
new + send: idle 1 queued ready
new + interrupt: idle
new + confirm: invalid_request
new + system: idle 1 queued
new + result: invalid_request
new + raise: idle
new + archive: terminated
new + expire: invalid_request
queued + send: idle 2 queued ready
queued + interrupt: idle 1 queued ready
queued + confirm: invalid_request
queued + system: idle 2 queued ready
queued + result: invalid_request
queued + raise: idle 1 queued ready
queued + archive: terminated
queued + expire: invalid_request
running + send: running running 1 queued
running + interrupt: running running interrupted
running + confirm: invalid_request
running + system: running running 1 queued
running + result: invalid_request
running + raise: running running
running + archive: invalid_request
running + expire: invalid_request
held + send: idle requires_action running 1 wait 1 queued
held + interrupt: running running interrupted
held + confirm: running running
held + system: invalid_request
held + result: invalid_request
held + raise: idle requires_action running 1 wait
held + archive: terminated
held + expire: running running
deferred + send: idle requires_action deferred 1 wait 1 queued
deferred + interrupt: idle end_turn
deferred + confirm: running deferred ready
deferred + system: invalid_request
deferred + result: invalid_request
deferred + raise: idle requires_action deferred 1 wait
deferred + archive: terminated
deferred + expire: running deferred ready
decided + send: running deferred 1 queued ready
decided + interrupt: idle end_turn
decided + confirm: invalid_request
decided + system: running deferred 1 queued ready
decided + result: invalid_request
decided + raise: running deferred ready
decided + archive: invalid_request
decided + expire: invalid_request
retrying + send: rescheduling retrying 1 queued ready
retrying + interrupt: idle end_turn
retrying + confirm: invalid_request
retrying + system: rescheduling retrying 1 queued ready
retrying + result: invalid_request
retrying + raise: rescheduling retrying ready
retrying + archive: invalid_request
retrying + expire: invalid_request
lost + send: idle requires_action lost 1 wait 1 queued
lost + interrupt: idle end_turn
lost + confirm: running lost ready
lost + system: invalid_request
lost + result: invalid_request
lost + raise: idle requires_action lost 1 wait
lost + archive: terminated
lost + expire: running lost ready
paused + send: invalid_request
paused + interrupt: idle end_turn
paused + confirm: invalid_request
paused + system: invalid_request
paused + result: invalid_request
paused + raise: idle continuing ready
paused + archive: terminated
paused + expire: invalid_request
continuing + send: idle continuing 1 queued ready
continuing + interrupt: idle end_turn
continuing + confirm: invalid_request
continuing + system: idle continuing 1 queued ready
continuing + result: invalid_request
continuing + raise: idle continuing ready
continuing + archive: terminated
continuing + expire: invalid_request
interrupted + send: running running interrupted 1 queued
interrupted + interrupt: running running interrupted
interrupted + confirm: invalid_request
interrupted + system: running running interrupted 1 queued
interrupted + result: invalid_request
interrupted + raise: running running interrupted
interrupted + archive: invalid_request
interrupted + expire: invalid_request
archived + send: conflict
archived + interrupt: conflict
archived + confirm: conflict
archived + system: conflict
archived + result: conflict
archived + raise: conflict
archived + archive: terminated
archived + expire: invalid_request
`.trim();

/** What comes of every step of the work, in every state in which it can be taken; in all others it throws. */
export const workTable = `
queued + begin: running running
running + takeUp: running running
running + ask: idle requires_action running 1 wait
running + run: running running
running + end: idle end_turn
running + retry: rescheduling retrying ready
running + fail: idle retries_exhausted
running + pause: idle budget_reached paused
held + takeUp: running running 1 wait
held + ask: idle requires_action running 2 wait
held + run: idle requires_action running 1 wait
held + end: idle end_turn
held + retry: idle requires_action lost 1 wait
held + fail: idle requires_action lost 1 wait
held + pause: idle budget_reached paused
deferred + takeUp: running running 1 wait
deferred + ask: idle requires_action deferred 2 wait
deferred + run: idle requires_action deferred 1 wait
deferred + end: idle end_turn
deferred + retry: idle requires_action lost 1 wait
deferred + fail: idle requires_action lost 1 wait
deferred + pause: idle budget_reached paused
decided + takeUp: running running
decided + ask: idle requires_action deferred 1 wait
decided + run: running deferred ready
decided + told: running deferred ready
decided + end: idle end_turn
decided + retry: rescheduling lost ready
decided + fail: idle retries_exhausted
decided + pause: idle budget_reached paused
retrying + takeUp: running running
retrying + ask: idle requires_action retrying 1 wait
retrying + run: rescheduling retrying ready
retrying + end: idle end_turn
retrying + retry: rescheduling retrying ready
retrying + fail: idle retries_exhausted
retrying + pause: idle budget_reached paused
lost + takeUp: running running 1 wait
lost + ask: idle requires_action lost 2 wait
lost + run: idle requires_action lost 1 wait
lost + end: idle end_turn
lost + retry: idle requires_action lost 1 wait
lost + fail: idle requires_action lost 1 wait
lost + pause: idle budget_reached paused
paused + takeUp: running running
paused + ask: idle requires_action paused 1 wait
paused + run: idle budget_reached paused
paused + end: idle end_turn
paused + retry: rescheduling budget_reached retrying ready
paused + fail: idle retries_exhausted
paused + pause: idle budget_reached paused
continuing + takeUp: running running
continuing + ask: idle requires_action continuing 1 wait
continuing + run: idle continuing ready
continuing + end: idle end_turn
continuing + retry: rescheduling retrying ready
continuing + fail: idle retries_exhausted
continuing + pause: idle budget_reached paused
interrupted + takeUp: running running interrupted
interrupted + ask: idle requires_action running interrupted 1 wait
interrupted + run: running running interrupted
interrupted + end: idle end_turn
interrupted + retry: idle end_turn
interrupted + fail: idle end_turn
interrupted + pause: idle budget_reached paused interrupted
`.trim();
