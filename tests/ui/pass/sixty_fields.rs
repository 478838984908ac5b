// A record may have many fields, more than a tuple can.
#![deny(warnings)]

use hookwright::WebhookObject;

macro_rules! record {
    ($($plain:ident $skipped:ident $redacted:ident)*) => {
        #[derive(WebhookObject)]
        struct Wide {
            id: u64,
            $(
                $plain: u32,
                #[webhook(skip)]
                $skipped: u32,
                #[webhook(redact)]
                $redacted: u32,
            )*
        }

        fn wide(value: u32) -> Wide {
            Wide { id: 1, $($plain: value, $skipped: value, $redacted: value,)* }
        }

        const SEEN: &[&str] = &["id", $(stringify!($plain), stringify!($redacted),)*];
    };
}

record! {
    f01 f02 f03
    f04 f05 f06
    f07 f08 f09
    f10 f11 f12
    f13 f14 f15
    f16 f17 f18
    f19 f20 f21
    f22 f23 f24
    f25 f26 f27
    f28 f29 f30
    f31 f32 f33
    f34 f35 f36
    f37 f38 f39
    f40 f41 f42
    f43 f44 f45
    f46 f47 f48
    f49 f50 f51
    f52 f53 f54
    f55 f56 f57
    f58 f59 f60
}

fn main() {
    let event = wide(2).updated_from(&wide(1)).unwrap().map(|event| serde_json::to_value(&event));
    let event = event.unwrap().unwrap();
    let data = event["data"].as_object().unwrap();
    assert_eq!(data.len(), 41);
    assert!(SEEN.iter().all(|member| data.contains_key(*member)));
    assert_eq!(event["updatedFields"].as_array().unwrap().len(), 40);
}
