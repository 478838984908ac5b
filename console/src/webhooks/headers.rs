//! The headers that a webhook's requests carry, as they are set and removed.

use std::collections::BTreeMap;

use hookwright::EndpointSettings;

use super::HIDDEN;
use super::draft::Errors;

/// How many headers of its own a webhook has at most.
const MAX_HEADERS: usize = 20;

/// Sets headers, and removes those whose value is `null`. One whose value is what stands for a hidden
/// value stays as it is: so what was read can be sent back.
pub(super) fn set_headers(
    headers: &BTreeMap<String, Option<String>>,
    mut settings: EndpointSettings,
    errors: &mut Errors,
) -> EndpointSettings {
    let too_many = || format!("a webhook has {MAX_HEADERS} headers of its own at most");
    let removed = headers.values().filter(|value| value.is_none()).count();
    if removed.max(headers.len() - removed) > MAX_HEADERS {
        errors.add("headers", too_many());
        return settings;
    }
    let mut set = Vec::new();
    for (name, value) in headers {
        match value.as_deref() {
            Some(HIDDEN) => {
                let mut names = settings.header_names();
                if !names.any(|other| other.eq_ignore_ascii_case(name)) {
                    let detail = format!(
                        "`{HIDDEN}` stands for the value that a header has, and `{name}` has none: \
                         say its value"
                    );
                    errors.add("headers", detail);
                }
            }
            value => {
                settings = settings.without_header(name);
                set.extend(value.map(|value| (name, value)));
            }
        }
    }
    if settings.header_names().count() + set.len() > MAX_HEADERS {
        errors.add("headers", too_many());
        return settings;
    }
    // Each is tried on a copy, which is small without the patterns.
    let wanted = settings.wanted().to_vec();
    settings = settings.wants_only([]);
    for (name, value) in set {
        if let Some(with_header) = errors.of("headers", settings.clone().header(name, value)) {
            settings = with_header;
        }
    }
    settings.wants_only(wanted)
}
