//! Deliveries that fail: they are tried again, and become dead letters.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_failed_delivery_is_tried_again() {
    let start = Instant::now();
    let (target, attempts) = failing(3, &TargetError::new("Busy", "later"));
    let bus = bus().rule(Rule::new("all", any()), [target]);
    put(&bus, order(&json!({}))).await;
    bus.idle().await;
    assert_eq!(attempts.load(Ordering::Relaxed), 4);
    assert_eq!(start.elapsed(), Duration::from_secs(1 + 2 + 4));
}

#[tokio::test(start_paused = true)]
async fn after_the_last_attempt_the_event_is_a_dead_letter() {
    let error = TargetError::new("Busy", "later");
    let (target, _) = failing(usize::MAX, &error);
    let (hook, letters) = dead_letters();
    let target = target
        .retry_policy(RetryPolicy::default().maximum_retry_attempts(2))
        .dead_letter(hook);
    let bus = bus().rule(Rule::new("late", any()).event_bus("orders"), [target]);
    put(&bus, order(&json!({})).event_bus_name("orders")).await;
    bus.idle().await;
    let letters = letters.lock().unwrap();
    let letter = &letters[0];
    assert_eq!((letter.rule.as_str(), letter.target_id.as_str()), ("late", "flaky"));
    assert_eq!(
        letter.rule_arn,
        "arn:aws:events:eu-central-1:111122223333:rule/orders/late"
    );
    assert_eq!((letter.event.id.as_str(), letter.attempts), ("id-0", 3));
    assert_eq!(letter.error, error);
    assert_eq!(
        letter.exhausted_retry_condition,
        ExhaustedRetryCondition::MaximumRetryAttempts
    );
}

#[tokio::test(start_paused = true)]
async fn some_errors_and_an_events_age_end_the_retries() {
    let start = Instant::now();
    let (hook, letters) = dead_letters();
    let (gone, _) = failing(usize::MAX, &TargetError::new("Gone", "for good").without_retry());
    let (busy, _) = failing(usize::MAX, &TargetError::new("Busy", "later"));
    let policy = RetryPolicy::default().maximum_event_age(Duration::from_mins(1));
    let both = Arc::new(hook);
    let hook = |hook: &Arc<_>| {
        let hook: Arc<dyn Fn(DeadLetter) + Send + Sync> = Arc::clone(hook) as _;
        move |letter| hook(letter)
    };
    let bus = bus()
        .rule(Rule::new("gone", any()), [gone.dead_letter(hook(&both))])
        .rule(
            Rule::new("busy", any()),
            [busy.retry_policy(policy).dead_letter(hook(&both))],
        );
    put(&bus, order(&json!({}))).await;
    bus.idle().await;
    let letters = letters.lock().unwrap();
    let told: Vec<_> = letters
        .iter()
        .map(|letter| (letter.attempts, letter.exhausted_retry_condition))
        .collect();
    assert_eq!(
        told,
        [
            (1, ExhaustedRetryCondition::NotRetryable),
            (6, ExhaustedRetryCondition::MaximumEventAge)
        ]
    );
    assert_eq!(start.elapsed(), Duration::from_secs(1 + 2 + 4 + 8 + 16));
}

#[tokio::test(start_paused = true)]
async fn a_target_that_panics_has_failed() {
    let (hook, letters) = dead_letters();
    let target = RuleTarget::new("t", |event: Event| async move {
        assert!(event.source.is_empty(), "boom");
        Ok(())
    });
    let policy = RetryPolicy::default().maximum_retry_attempts(0);
    let target = target
        .retry_policy(policy)
        .dead_letter(hook)
        .ordered_by(|_| String::new());
    let bus = bus().rule(Rule::new("all", any()), [target]);
    put(&bus, order(&json!({}))).await;
    put(&bus, order(&json!({}))).await;
    bus.idle().await;
    let letters = letters.lock().unwrap();
    assert_eq!(letters.len(), 2);
    assert_eq!(letters[0].error.error(), "TargetPanicked");
}
