// gpu.js takes anything but a function for 'headless-gl is not installed'.
module.exports = null;
