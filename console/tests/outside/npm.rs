//! What is driven by packages of npm.

mod chromium;
