// With `crate = ".."` the derive names nothing but that crate, be it of another shape.
#![deny(warnings)]

mod fake {
    pub mod __private {
        pub type Result<T, E> = std::result::Result<Option<T>, E>;

        pub trait Display {}

        impl Display for u64 {}

        pub trait Serializer {
            type Ok;
            type Error;
        }

        pub trait WebhookObject {
            const NAME: &'static str;
            const OPERATIONS: &'static [&'static str] = &[];

            fn object_id(&self) -> &dyn Display;

            fn serialize_data<S>(&self, serializer: S) -> Result<S::Ok, S::Error>
            where
                S: Serializer;
        }

        pub trait ObjectId {
            fn display(&self) -> &dyn Display;
        }

        impl ObjectId for u64 {
            fn display(&self) -> &dyn Display {
                self
            }
        }

        pub trait SerializeRecord {
            fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Ok(None)
            }
        }

        pub mod emits {
            pub trait Created {
                fn is_declared(&self) -> bool {
                    true
                }
            }

            pub trait Destroyed {}
        }
    }
}

mod objects {
    pub mod inner {
        #[derive(hookwright::WebhookObject)]
        #[webhook(crate = "super::super::fake", events(created, destroyed))]
        pub struct Relative {
            pub id: u64,
        }
    }

    #[derive(hookwright::WebhookObject)]
    #[webhook(crate = "crate::fake", events(created))]
    pub struct Absolute {
        pub id: u64,
    }

    impl crate::fake::__private::SerializeRecord for inner::Relative {}
    impl crate::fake::__private::SerializeRecord for Absolute {}
}

mod renamed {
    pub use hookwright as webhooks;
}

// The real crate under another name, with the hidden struct that needs its serde.
#[derive(hookwright::WebhookObject)]
#[webhook(crate = "renamed::webhooks")]
struct Renamed {
    id: u64,
    #[webhook(redact)]
    email: &'static str,
}

struct Nothing;

impl fake::__private::Serializer for Nothing {
    type Ok = u8;
    type Error = ();
}

fn main() {
    use fake::__private::WebhookObject as _;
    use fake::__private::emits::Created as _;

    let relative = objects::inner::Relative { id: 1 };
    assert_eq!(objects::inner::Relative::NAME, "relative");
    assert!(relative.is_declared());
    assert_eq!(relative.serialize_data(Nothing), Ok(None));
    let _: &dyn fake::__private::Display = relative.object_id();
    assert!(objects::Absolute { id: 1 }.is_declared());

    let renamed = Renamed { id: 1, email: "alice@example.com" };
    let event = hookwright::WebhookObject::created(&renamed);
    let body = serde_json::to_string(&event).unwrap();
    assert!(body.contains(r#""data":{"id":1,"email":"[redacted]"}"#));
}
