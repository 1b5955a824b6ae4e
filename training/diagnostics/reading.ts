/** Gives a value as it is after the minibatch was shown; one that is not finite means that it is not defined there. */
export type Reading = () => Promise<number>;

/** Why something cannot be measured, in words that follow "is not measured:". */
export type Reason = string;
