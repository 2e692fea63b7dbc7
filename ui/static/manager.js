// SPDX-License-Identifier: Apache-2.0
// Keeps the manager's page fresh, without taking away what is being typed.

setInterval(() => {
  const typing = [...document.querySelectorAll('input:not([type=hidden])')]
    .some((input) => input === document.activeElement || /** @type {HTMLInputElement} */ (input).value);
  if (!typing && document.visibilityState === 'visible') location.replace('/manager');
}, 15000);
