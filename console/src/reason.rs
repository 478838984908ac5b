//! Why an attempt has failed, in words.

/// What a kind of failure means, by [`SendError::class`](hookwright::SendError::class); the kind
/// itself where it is not known.
pub(crate) fn reason(class: &str) -> &str {
    match class {
        "body" => "the event could not be written as a body",
        "refused address" => "the address is refused, nothing was sent",
        "client" => "the request could not be made",
        "connect" => "no connection could be made",
        "transport" => "the connection broke",
        "timeout" => "there was no answer in time",
        "large head" => "the answer's headers are too large",
        "status" => "the answer is no success",
        "withdrawn" => "it was given up before it was sent",
        "" => "there was no answer",
        other => other,
    }
}
