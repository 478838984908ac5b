use super::*;

fn check(url: &str, expected: Result<&str, EndpointError>) {
    let endpoint = Endpoint::new(url).map(|endpoint| endpoint.url().to_string());
    assert_eq!(endpoint, expected.map(str::to_owned), "{url:?}");
}

#[test]
fn urls_of_http_and_https_are_taken() {
    check("https://example.com/hooks", Ok("https://example.com/hooks"));
    check("http://example.com:8080/a?b=c&d=%23", Ok("http://example.com:8080/a?b=c&d=%23"));
    check("HTTPS://Example.COM", Ok("https://example.com/"));
    check("https://bücher.example/", Ok("https://xn--bcher-kva.example/"));
    check("https://[2606:4700::1111]:443/x", Ok("https://[2606:4700::1111]/x"));
    check("https://example.com/a@b", Ok("https://example.com/a@b"));
    check("https://example.com:65535/", Ok("https://example.com:65535/"));
    check("https://example.com?x", Ok("https://example.com/?x"));
}

#[test]
fn addresses_are_not_judged_by_the_text() {
    check("http://127.0.0.1/", Ok("http://127.0.0.1/"));
    check("https://169.254.169.254/", Ok("https://169.254.169.254/"));
}

#[test]
fn other_schemes_are_refused() {
    for url in [
        "ftp://example.com/",
        "example.com",
        "",
        "https:example.com",
        "//example.com/",
        "file:///etc/passwd",
        "javascript://x",
    ] {
        check(url, Err(EndpointError::Scheme));
    }
}

#[test]
fn what_the_url_crate_would_mend_silently_is_refused() {
    for url in [
        "https://exam\nple.com/",
        "https://example.com/\r\nX-Injected: 1",
        "https://example.com/\t",
        " https://example.com/",
        "https://example.com/a b",
        "https://example.com\\@evil.example/",
        "https://example.com/\0",
        "https://example.com/\u{7f}",
        "https://example.com/\u{85}",
        "https://example.com/\u{a0}",
        "https:\\\\example.com/",
    ] {
        check(url, Err(EndpointError::UrlCharacter));
    }
}

#[test]
fn a_user_a_fragment_and_the_port_0_are_refused() {
    check("https://user@example.com/", Err(EndpointError::Userinfo));
    check("https://user:pass@example.com/", Err(EndpointError::Userinfo));
    check("https://@example.com/", Err(EndpointError::Userinfo));
    check("https://:@example.com/", Err(EndpointError::Userinfo));
    check("https://example.com/#part", Err(EndpointError::Fragment));
    check("https://example.com#", Err(EndpointError::Fragment));
    check("https://example.com:0/", Err(EndpointError::Port));
}

#[test]
fn a_host_is_needed() {
    for url in [
        "https://",
        "https:///path",
        "https://?x",
        "https://:80/",
        "https://exa<mple/",
        "https://[::1/",
        "https://a:99999/",
        "https://{{hostname}}/",
        "https://exa\"mple.com/",
        "https://a`b/",
        "https://a:b/",
    ] {
        check(url, Err(EndpointError::NotAUrl));
    }
}

#[test]
fn a_url_has_at_most_2048_bytes() {
    let base = "https://example.com/";
    let longest = format!("{base}{}", "x".repeat(2048 - base.len()));
    check(&longest, Ok(&longest));
    check(&format!("{longest}x"), Err(EndpointError::UrlTooLong));
    // It grows when it is percent-encoded.
    check(&format!("{base}{}", "ü".repeat(500)), Err(EndpointError::UrlTooLong));
}

#[test]
fn a_deadline_is_1_to_30_seconds() {
    let endpoint = Endpoint::new("https://example.com/").expect("a URL");
    let set = |deadline| endpoint.clone().deadline(deadline).map(|endpoint| endpoint.time_limit());
    let second = Duration::from_secs(1);
    assert_eq!(endpoint.time_limit(), 15 * second);
    assert_eq!(set(second), Ok(second));
    assert_eq!(set(30 * second), Ok(30 * second));
    for deadline in
        [Duration::ZERO, Duration::from_millis(999), Duration::from_millis(30_001), Duration::MAX]
    {
        assert_eq!(set(deadline), Err(EndpointError::Deadline));
    }
}

fn check_header(name: &str, value: &str, expected: Option<&EndpointError>) {
    let endpoint = Endpoint::new("https://example.com/").expect("a URL");
    let set = endpoint.header(name, value);
    assert_eq!(set.err().as_ref(), expected, "{name}: {value}");
}

#[test]
fn headers_of_the_sender_of_http_and_of_metadata_services_are_refused() {
    for name in [
        "host",
        "Content-Type",
        "content-length",
        "Transfer-Encoding",
        "Connection",
        "TE",
        "Upgrade",
        "Expect",
        "webhook-id",
        "Webhook-Anything",
        "X-Twenty-Webhook-Signature",
        "Metadata-Flavor",
        "Metadata",
        "X-aws-ec2-metadata-token",
        "User-Agent",
        "Accept-Encoding",
        "Proxy-Authorization",
    ] {
        check_header(name, "x", Some(&EndpointError::HeaderReserved { name: name.to_lowercase() }));
    }
    check_header("Authorization", "Bearer x", None);
    check_header("X-Api-Key", "", None);
}

#[test]
fn names_and_values_of_headers_are_visible_ascii() {
    for name in ["", "a b", "a_b", "a:b", "ä", "a\r\nb", &"x".repeat(65)] {
        check_header(name, "x", Some(&EndpointError::HeaderName));
    }
    let wrong = EndpointError::HeaderValue { name: "x-key".into() };
    for value in ["a\r\nX-Injected: 1", "a\tb", "ä", "\u{7f}", "\0"] {
        check_header("X-Key", value, Some(&wrong));
    }
    check_header("X-Key", &"v".repeat(4096), None);
    check_header("X-Key", &"v".repeat(4097), Some(&wrong));
}

#[test]
fn an_endpoint_has_at_most_20_headers_each_once() {
    let mut endpoint = Endpoint::new("https://example.com/").expect("a URL");
    for number in 0..20 {
        endpoint = endpoint.header(&format!("X-{number}"), "v").expect("a header");
    }
    let twice = Endpoint::new("https://example.com/")
        .and_then(|endpoint| endpoint.header("X-A", "1")?.header("x-a", "2"));
    assert_eq!(twice.unwrap_err(), EndpointError::HeaderTwice { name: "x-a".into() });
    assert_eq!(endpoint.header("X-20", "v").unwrap_err(), EndpointError::TooManyHeaders);
}
